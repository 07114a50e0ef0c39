import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SignIn } from '../chat/sign-in.ts'
import type { ErrorAnswer, JudgeError } from './answer-error.ts'
import { withStatus } from './answer-error.ts'
import { clientAddress } from './client-address.ts'
import { sendErrorPage, sendHtml } from './html.ts'
import { clearLoginCookie, setLoginCookie } from './login-cookie.ts'
import { renewCsrf, setFlash, takeFlash } from './page-cookies.ts'
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

const invalid = 'Invalid username or password!'

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
    const error = takeFlash(reply) === 'badCredentials' ? invalid : undefined
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
    const shown = { error: sentenceFor(answer), username: formField(request, 'username') }
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
  return sendHtml(reply, await signInForm(webRoot, { csrf, demo, ...shown }))
}

/** A field that is missing or given twice is empty. */
function formField({ body }: FastifyRequest, name: string): string {
  const value = (body as Record<string, unknown> | null | undefined)?.[name]
  return typeof value === 'string' ? value : ''
}

function sentenceFor({ name, retryAfterSeconds = 60, requestId }: ErrorAnswer): string {
  if (name === 'permissionDenied') return 'This form has expired. Please try again.'
  if (name === 'unavailable') return 'Parley is busy at the moment. Please try again shortly.'
  if (name === 'tooManyRequests') {
    const minutes = Math.ceil(retryAfterSeconds / 60)
    return `Too many failed attempts. Please try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`
  }
  if (requestId !== undefined) return `Something went wrong (request ${requestId}).`
  return 'That could not be read. Please try again.'
}
