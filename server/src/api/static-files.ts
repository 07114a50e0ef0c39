import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** The web build's assets. Their names hold a hash of what is in them, so they may be kept for good. */
export function addStaticFiles(app: FastifyInstance, webRoot: string): void {
  app.register(fastifyStatic, {
    root: join(webRoot, 'assets'),
    prefix: '/assets/',
    index: false,
    dotfiles: 'ignore',
    decorateReply: false,
    preCompressed: true,
    // Pages have placeholders to fill in; as they are they must not be seen.
    allowedPath: (path) => !/\.html?(\.|$)/i.test(path),
    cacheControl: false,
    setHeaders: (reply) => reply.header('cache-control', 'public, max-age=31536000, immutable'),
  })
}
