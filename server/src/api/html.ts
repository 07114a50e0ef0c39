import { readFile } from 'node:fs/promises'
import type { FastifyReply } from 'fastify'
import type { ErrorAnswer } from './answer-error.ts'
import { withStatus } from './answer-error.ts'
import { lookOf, type PageLook, pageSentence } from './page-look.ts'

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]!)

/** A page in the look of whoever asked: its root element says language and theme. */
export const sendHtml = (reply: FastifyReply, html: string): FastifyReply =>
  reply
    .type('text/html; charset=utf-8')
    .header('vary', 'Accept-Language, Cookie')
    .send(html.replace(/<html lang="en">/, rootOf(lookOf(reply.request))))

const rootOf = ({ language, theme }: PageLook): string =>
  `<html lang="${language}"${theme && ` data-theme="${theme}"`}>`

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
  const { words } = lookOf(reply.request)
  const sentence = escapeHtml(`${answer.status}: ${pageSentence(words, answer)}`)
  return sendHtml(
    withStatus(reply, answer),
    `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Parley</title></head>
  <body><p role="alert">${sentence}</p><p><a href="/">${escapeHtml(words.back)}</a></p></body>
</html>
`,
  )
}
