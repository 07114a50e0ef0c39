import { join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Authenticate } from '../chat/authenticate.ts'
import type { JudgeError } from './answer-error.ts'
import { escapeHtml, readPage, sendErrorPage, sendHtml } from './html.ts'
import { clearLoginCookie, setLoginCookie } from './login-cookie.ts'
import { lookOf } from './page-look.ts'

interface Options {
  signIn: Pick<Authenticate, 'realtimeToken'>
  findCaller: (request: FastifyRequest) => Promise<void>
  isSecure: (request: FastifyRequest) => boolean
  judge: JudgeError
  webRoot: string
  gatewayUrl?: string | undefined
}

/** Stands in for the web build's page. */
const plainPage = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Parley</title><!--parley:head--></head>
  <body><div id="app"></div></body>
</html>
`

/** The page that the web app, or Tutorial A's client, starts in: contract A2. */
export function addChatPage(app: FastifyInstance, options: Options): void {
  const { findCaller, judge } = options
  for (const url of ['/', '/c/:id', '/c/:id/:message', '/mentions', '/saved']) {
    app.get(url, {
      onRequest: [findCaller],
      errorHandler: (error, request, reply) => sendErrorPage(reply, judge(error, request)),
      handler: showChat(options),
    })
  }
}

const showChat =
  ({ signIn, isSecure, webRoot, gatewayUrl = '' }: Options) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { loginToken, caller } = request
    if (loginToken === undefined || !caller) {
      if (loginToken !== undefined) clearLoginCookie(reply, isSecure(request))
      return reply.redirect('/login')
    }
    const secure = isSecure(request)
    setLoginCookie(reply, loginToken, secure)
    const metas = metaTags({
      'x-bearer': signIn.realtimeToken(loginToken),
      'parley-gateway': gatewayUrl,
      'csrf-token': reply.generateCsrf({ secure }),
      'parley-user': JSON.stringify(caller.user),
    })
    const page = await readPage(join(webRoot, 'index.html'), plainPage)
    return sendHtml(
      reply,
      page
        .replace('<!--parley:head-->', () => metas)
        .replace(/(?<=<noscript>).*?(?=<\/noscript>)/s, lookOf(request).words.needsJavaScript),
    )
  }

const metaTags = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, content]) => `<meta name="${name}" content="${escapeHtml(content)}">`)
    .join('\n    ')
