import { isUtf8 } from 'node:buffer'
import { createHash, timingSafeEqual } from 'node:crypto'
import { Refusal } from '@parley/protocol/refusal'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { withStatus, type JudgeError } from './answer-error.ts'
import {
  fieldErrorsOf,
  readInternalMessage,
  type FieldErrors,
  type InternalMessage,
} from './internal-input.ts'
import { refuseOtherMethods } from './operations.ts'

export interface Internal {
  /** @throws Refusal `notFound` with `conversation_id` or `sender_id` as its field; `conflict` */
  send(message: InternalMessage): Promise<{ id: number }>
}

interface Options {
  internal: Internal
  /** Without one the endpoint is off. */
  token: string | undefined
  judge: JudgeError
}

const path = '/api/ws/messages'
/** A message of 10,000 characters, each escaped as two UTF-16 units, and some room. */
const bodyMaxBytes = 160 * 1024

/** Tutorial B's internal API: DESIGN section 7, contract B1. */
export function addInternalMessages(app: FastifyInstance, options: Options): void {
  const { internal, judge } = options
  acceptAnything(app)
  app.post(path, {
    bodyLimit: bodyMaxBytes,
    onRequest: [requireToken(options.token)],
    errorHandler: (error, request, reply) => answer(reply, error, request, judge),
    handler: async ({ body }, reply) => {
      const input = readInternalMessage(body)
      if (!input.ok) return answerInvalid(reply, input.errors)
      const { id } = await internal.send(input.message)
      return { id, status: 'ok' }
    },
  })
  refuseOtherMethods(app, path, ['POST'])
}

/** What is not a JSON object holds no fields, and is told which ones it needs. */
function acceptAnything(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer
    if (!isUtf8(bytes)) return done(null, undefined)
    void parse(request, bytes.toString(), (error, value) => done(null, error ? undefined : value))
  })
}

function requireToken(token: string | undefined) {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = token ? digest(token) : undefined
  return async (request: FastifyRequest): Promise<void> => {
    const given = request.headers['x-internal-token']
    const matches =
      expected && typeof given === 'string' && timingSafeEqual(digest(given), expected)
    if (!matches) throw new Refusal('unauthorized', { message: 'Unauthorized' })
  }
}

function answer(
  reply: FastifyReply,
  error: unknown,
  request: FastifyRequest,
  judge: JudgeError,
): FastifyReply {
  const judged = judge(error, request)
  const errors = fieldErrorsOf(judged)
  if (errors) return answerInvalid(reply, errors)
  const { message, requestId } = judged
  return withStatus(reply, judged).send({
    message,
    ...(requestId !== undefined && { requestId }),
  })
}

function answerInvalid(reply: FastifyReply, errors: FieldErrors): FastifyReply {
  const [first = '', ...rest] = Object.values(errors).flat()
  const more =
    rest.length === 0 ? '' : ` (and ${rest.length} more error${rest.length > 1 ? 's' : ''})`
  return reply.code(422).send({ message: first + more, errors })
}
