import { readFile } from 'node:fs/promises'
import type { FastifyReply } from 'fastify'
import type { ErrorAnswer } from './answer-error.ts'
import { withStatus } from './answer-error.ts'

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]!)

export const sendHtml = (reply: FastifyReply, html: string): FastifyReply =>
  reply.type('text/html; charset=utf-8').send(html)

/** A page as the web build left it, or the fallback where nothing has been built. */
export async function readPage(path: string, fallback: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fallback
    throw error
  }
}

/** An error as a page for people. */
export function sendErrorPage(reply: FastifyReply, answer: ErrorAnswer): FastifyReply {
  const id = answer.requestId === undefined ? '' : ` (request ${answer.requestId})`
  const sentence = escapeHtml(`${answer.status}: ${answer.message}${id}`)
  return sendHtml(
    withStatus(reply, answer),
    `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Parley</title></head>
  <body><p role="alert">${sentence}</p><p><a href="/">Back to Parley</a></p></body>
</html>
`,
  )
}
