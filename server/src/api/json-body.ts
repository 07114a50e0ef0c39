import { isUtf8 } from 'node:buffer'
import { Refusal } from '@parley/protocol/refusal'
import type { FastifyInstance } from 'fastify'

/** Bodies are JSON or nothing, in valid UTF-8, without keys that reach for prototypes. */
export function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer
    if (bytes.length === 0) return done(null, undefined)
    if (!isUtf8(bytes)) return done(notJson('is not valid UTF-8'))
    void parse(request, bytes.toString(), (error, value) =>
      error ? done(notJson('is not valid JSON')) : done(null, value),
    )
  })
}

const notJson = (problem: string) => new Refusal('invalidInput', { message: `the body ${problem}` })
