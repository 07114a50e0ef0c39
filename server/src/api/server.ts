import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import { limits } from '@parley/protocol/limits'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Door } from '../chat/door.ts'
import type { SignIn } from '../chat/sign-in.ts'
import type { Logger } from '../logger.ts'
import { noMetrics, type Metrics } from '../metrics.ts'
import type { Health } from '../monitoring/health.ts'
import { PlainUnlessWebsocket } from '../upgrades.ts'
import { answerWithJson, createJudge, errorBody, named, type JudgeError } from './answer-error.ts'
import { addChatPage } from './chat-page.ts'
import { sendErrorPage } from './html.ts'
import { addHealth } from './health.ts'
import { addInternalMessages, type Internal } from './internal-messages.ts'
import { addLoginPages } from './login-pages.ts'
import { findCaller } from './login.ts'
import { addOperations } from './operations.ts'
import { refuseOtherSites, secureAt } from './origin.ts'
import { csrfCookie } from './page-cookies.ts'
import { addRequestIds } from './request-id.ts'
import { createSecurityHeaders } from './security-headers.ts'
import { addOfflineFiles, addStaticFiles } from './static-files.ts'

export interface ApiConfig {
  /** Where people reach us, when that differs from what requests say. */
  publicUrl?: string | undefined
  /** Addresses or networks whose `X-Forwarded-*` are believed. */
  trustedProxies: readonly string[]
  internalToken?: string | undefined
  gatewayUrl?: string | undefined
  /** WebSocket origins for the pages' `connect-src`, e.g. `ws://127.0.0.1:8081`. */
  extraConnectSources: readonly string[]
  /** Where the web build is; pages fall back to plain ones where it is missing. */
  webRoot: string
  /** A request that takes longer to arrive, or a connection on which nothing moves, is ended. */
  requestTimeoutMs?: number | undefined
  /** Show the demo's names and password on the sign-in form. */
  demo: boolean
}

interface Deps {
  door: Door
  signIn: SignIn
  internal: Internal
  health: Health
  log: Logger
  metrics?: Metrics
  config: ApiConfig
}

/** All of HTTP. Listens nowhere yet. */
export function createApi(deps: Deps): FastifyInstance {
  const { log, metrics = noMetrics, config } = deps
  const { publicUrl, trustedProxies, requestTimeoutMs = 30_000 } = config
  const judge = createJudge(log, metrics)
  const answer = answerWithJson(judge)
  const isSecure = secureAt(publicUrl)
  const secure = createSecurityHeaders({ ...config, isSecure })
  const app = fastify({
    bodyLimit: limits.httpBodyMaxBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: requestTimeoutMs,
    http: {
      connectionsCheckingInterval: requestTimeoutMs / 4,
      IncomingMessage: PlainUnlessWebsocket,
    },
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    // What came on an open connection while we stop is answered too.
    return503OnClosing: false,
    genReqId: () => randomBytes(8).toString('hex'),
    frameworkErrors: (error, request, reply) => void answer(error, request, secure(request, reply)),
  })
  app.decorateRequest('loginToken', undefined)
  app.decorateRequest('caller', undefined)
  app.addHook('onRequest', async (request, reply) => void secure(request, reply))
  addRequestIds(app)
  logRequests(app, log, metrics)
  letGoWhenClosing(app)
  app.setErrorHandler(answer)
  app.setNotFoundHandler(answerNotFound)
  app.register(cookie)
  app.register(csrfProtection, { ...csrfCookie, getToken: csrfTokenIn })
  addRoutes(app, deps, { judge, isSecure })
  return app
}

interface Shared {
  judge: JudgeError
  isSecure: (request: FastifyRequest) => boolean
}

/** In scopes of their own: each reads other kinds of bodies. */
function addRoutes(app: FastifyInstance, deps: Deps, { judge, isSecure }: Shared): void {
  const { door, signIn, internal, health, config } = deps
  const { webRoot, gatewayUrl, demo, internalToken: token } = config
  const stages = {
    findCaller: findCaller({ signIn, isSecure }),
    refuseOtherSites: refuseOtherSites(config.publicUrl),
  }
  const page = { ...stages, signIn, isSecure, judge, webRoot }
  app.register(async (scope) => addHealth(scope, health))
  app.register(async (scope) => addOperations(scope, { ...stages, door }))
  app.register(async (scope) => addInternalMessages(scope, { internal, token, judge }))
  app.register(async (scope) => addLoginPages(scope, { ...page, demo }))
  app.register(async (scope) => addChatPage(scope, { ...page, gatewayUrl }))
  app.register(async (scope) => addOfflineFiles(scope, webRoot))
  addStaticFiles(app, webRoot)
}

const answerNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  request.url.startsWith('/api/')
    ? reply.code(404).send(errorBody(named('notFound')))
    : sendErrorPage(reply, named('notFound'))

function csrfTokenIn({ body, headers }: FastifyRequest): string | undefined {
  const field = (body as Record<string, unknown> | null | undefined)?.['csrf-token']
  const token = field ?? headers['x-csrf-token']
  return typeof token === 'string' ? token : undefined
}

/** An answer that leaves while we stop is its connection's last: browsers would keep it open for long. */
function letGoWhenClosing(app: FastifyInstance): void {
  let listened = false
  app.addHook('onListen', async () => void (listened = true))
  app.addHook('onSend', async (_request, reply) => {
    if (listened && !app.server.listening) reply.header('connection', 'close')
  })
}

function logRequests(app: FastifyInstance, log: Logger, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const ms = Math.round(reply.elapsedTime)
    // The route's pattern, not the URL: queries may hold what is nobody's business.
    const route = request.routeOptions.url
    metrics.answered(request.method, route ?? 'none', reply.statusCode, reply.elapsedTime / 1_000)
    log.debug(
      { requestId: request.id, method: request.method, route, status: reply.statusCode, ms },
      'request',
    )
    done()
  })
}
