import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { Refusal } from '@parley/protocol/refusal'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { readPage, sendHtml } from './html.ts'

/** The web build's service worker, and the page that it keeps: nobody's, without a token. */
export function addOfflineFiles(app: FastifyInstance, webRoot: string): void {
  app.get('/sw.js', async (_request, reply) => {
    const worker = await builtFile(join(webRoot, 'sw.js'))
    return unkept(reply)
      .header('service-worker-allowed', '/')
      .type('text/javascript; charset=utf-8')
      .send(worker)
  })
  app.get('/offline', async (_request, reply) => {
    const page = await builtFile(join(webRoot, 'index.html'))
    return sendHtml(unkept(reply), page.replace('<!--parley:head-->', ''))
  })
}

/** Browsers ask each time whether there is a newer one. */
const unkept = (reply: FastifyReply) => reply.header('cache-control', 'no-cache')

async function builtFile(path: string): Promise<string> {
  const file = await readPage(path, '')
  if (!file) throw new Refusal('notFound')
  return file
}

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
