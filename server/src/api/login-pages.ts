import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SignIn } from '../chat/sign-in.ts'
import type { ErrorAnswer, JudgeError } from './answer-error.ts'
import { withStatus } from './answer-error.ts'
import { clientAddress } from './client-address.ts'
import { sendErrorPage, sendHtml } from './html.ts'
import { clearLoginCookie, setLoginCookie } from './login-cookie.ts'
import { renewCsrf, setFlash, takeFlash } from './page-cookies.ts'
import { lookOf, type PageWords, pageSentence } from './page-look.ts'
import { signInForm } from './sign-in-form.ts'

type Stage = (request: FastifyRequest) => Promise<void>

interface Options {
  signIn: Pick<SignIn, 'signIn' | 'signOut'>
  findCaller: Stage
  refuseOtherSites: Stage
  isSecure: (request: FastifyRequest) => boolean
  judge: JudgeError
  webRoot: string
  demo: boolean
}

/** Tutorial A's sign-in: DESIGN section 7, contract A1. */
export function addLoginPages(app: FastifyInstance, options: Options): void {
  const { findCaller, refuseOtherSites, judge } = options
  const csrf = app.csrfProtection.bind(app)
  app.removeAllContentTypeParsers()
  app.register(formbody)
  app.after(() => {
    app.get('/login', {
      onRequest: [findCaller],
      errorHandler: errorPage(judge),
      handler: showForm(options),
    })
    app.post('/login', {
      onRequest: [refuseOtherSites, findCaller],
      preHandler: [csrf],
      errorHandler: formWithError(options),
      handler: signInFrom(options),
    })
    app.post('/logout', {
      onRequest: [refuseOtherSites, findCaller],
      preHandler: [csrf],
      errorHandler: errorPage(judge),
      handler: signOutFrom(options),
    })
  })
}

const showForm =
  (options: Options) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (request.caller) return reply.redirect('/')
    const { invalidCredentials } = lookOf(request).words
    const error = takeFlash(reply) === 'badCredentials' ? invalidCredentials : undefined
    return sendForm(reply, options, { error, username: '' })
  }

const signInFrom =
  ({ signIn, isSecure }: Options) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const secure = isSecure(request)
    const signedIn = await signIn.signIn({
      username: formField(request, 'username'),
      password: formField(request, 'password'),
      address: clientAddress(request),
      userAgent: request.headers['user-agent'] ?? '',
    })
    if (request.loginToken !== undefined) await signIn.signOut(request.loginToken)
    setLoginCookie(reply, signedIn.token, secure)
    // The old secret was made for somebody signed out, perhaps by somebody else.
    renewCsrf(reply)
    return reply.redirect('/')
  }

const signOutFrom =
  ({ signIn, isSecure }: Options) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (request.loginToken !== undefined) await signIn.signOut(request.loginToken)
    clearLoginCookie(reply, isSecure(request))
    renewCsrf(reply)
    return reply.redirect('/login')
  }

/** Wrong credentials are told after a redirect, everything else right away. */
const formWithError =
  (options: Options) =>
  async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const answer = options.judge(error, request)
    if (answer.name === 'badCredentials') {
      setFlash(reply, answer.name, options.isSecure(request))
      return reply.redirect('/login')
    }
    const sentence = sentenceFor(lookOf(request).words, answer)
    const shown = { error: sentence, username: formField(request, 'username') }
    return sendForm(withStatus(reply, answer), options, shown)
  }

const errorPage =
  (judge: JudgeError) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendErrorPage(reply, judge(error, request))

async function sendForm(
  reply: FastifyReply,
  { webRoot, demo, isSecure }: Options,
  shown: { error: string | undefined; username: string },
): Promise<FastifyReply> {
  const csrf = reply.generateCsrf({ secure: isSecure(reply.request) })
  return sendHtml(
    reply,
    await signInForm(webRoot, { csrf, demo, ...shown }, lookOf(reply.request).words),
  )
}

/** A field that is missing or given twice is empty. */
function formField({ body }: FastifyRequest, name: string): string {
  const value = (body as Record<string, unknown> | null | undefined)?.[name]
  return typeof value === 'string' ? value : ''
}

function sentenceFor(words: PageWords, answer: ErrorAnswer): string {
  const { name, retryAfterSeconds = 60 } = answer
  if (name === 'permissionDenied') return words.expiredForm
  if (name === 'tooManyRequests') return words.tooManyAttempts(Math.ceil(retryAfterSeconds / 60))
  return pageSentence(words, answer)
}
