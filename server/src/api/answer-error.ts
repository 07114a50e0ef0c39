import { errorCodes, type ErrorName } from '@parley/protocol/codes'
import { Refusal } from '@parley/protocol/refusal'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'

/** What an error comes to for the outside. Bugs are `internal` and show their request id only. */
export interface ErrorAnswer {
  status: number
  name: ErrorName
  message: string
  field?: string
  retryAfterSeconds?: number
  requestId?: string
  headers?: Record<string, string>
}

/** Judges an error, and logs it when it is a bug. */
export type JudgeError = (error: unknown, request: FastifyRequest) => ErrorAnswer

const ofFramework: Record<string, ErrorName> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupportedMediaType',
  FST_ERR_CTP_BODY_TOO_LARGE: 'tooLarge',
  FST_CSRF_MISSING_SECRET: 'permissionDenied',
  FST_CSRF_INVALID_TOKEN: 'permissionDenied',
}

/** What HTTP has a status of its own for: a condition on a file that does not hold, or a range it does not have. */
const ofFiles = new Set([412, 416])

/** An error of the framework or one of its plugins. */
interface Thrown {
  code?: string
  statusCode?: number
  headers?: Record<string, string>
}

export const createJudge =
  (log: Logger, metrics: Metrics): JudgeError =>
  (error, request) => {
    const answer = judge(error, request, log)
    metrics.refused('http', answer.name)
    return answer
  }

function judge(error: unknown, request: FastifyRequest, log: Logger): ErrorAnswer {
  if (error instanceof Refusal) return ofRefusal(error)
  const { code = '', statusCode: status = 500, headers = {} } = error as Thrown
  const name = ofFramework[code]
  if (name) return named(name)
  if (ofFiles.has(status)) return { ...named('badRequest'), status, headers }
  if (status >= 400 && status < 500) return named('badRequest')
  const requestId = request.id
  log.error(
    { err: error, requestId, method: request.method, route: request.routeOptions?.url },
    'a request failed',
  )
  return { ...named('internal'), requestId }
}

/** Answers in the API's own shape. */
export const answerWithJson =
  (judge: JudgeError) => (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const answer = judge(error, request)
    return withStatus(reply, answer).send(errorBody(answer))
  }

export const withStatus = (
  reply: FastifyReply,
  { status, headers = {}, retryAfterSeconds }: ErrorAnswer,
) => {
  reply.headers(headers)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds)
  return reply.code(status)
}

export const errorBody = ({ name, message, field, requestId }: ErrorAnswer) => ({
  error: {
    name,
    code: errorCodes[name].code,
    message,
    ...(field !== undefined && { field }),
    ...(requestId !== undefined && { requestId }),
  },
})

export const named = (name: ErrorName): ErrorAnswer => ({
  status: errorCodes[name].http,
  name,
  message: errorCodes[name].message,
})

const ofRefusal = ({ reason, message, field, retryAfterSeconds }: Refusal): ErrorAnswer => ({
  ...named(reason),
  message,
  ...(field !== undefined && { field }),
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
})
