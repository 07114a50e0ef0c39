import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import { limits } from '@parley/protocol/limits'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Door } from '../chat/door.ts'
import type { SignIn } from '../chat/sign-in.ts'
import type { Logger } from '../logger.ts'
import { answerWithJson, createJudge, errorBody, named } from './answer-error.ts'
import { addChatPage } from './chat-page.ts'
import { sendErrorPage } from './html.ts'
import { addInternalMessages, type Internal } from './internal-messages.ts'
import { addLoginPages } from './login-pages.ts'
import { findCaller } from './login.ts'
import { addOperations } from './operations.ts'
import { refuseOtherSites, secureAt } from './origin.ts'
import { csrfCookie } from './page-cookies.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { addStaticFiles } from './static-files.ts'

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
  /** Show the demo's names and password on the sign-in form. */
  demo: boolean
}

interface Deps {
  door: Door
  signIn: SignIn
  internal: Internal
  log: Logger
  config: ApiConfig
}

/** All of HTTP. Listens nowhere yet. */
export function createApi({ door, signIn, internal, log, config }: Deps): FastifyInstance {
  const { publicUrl, trustedProxies, gatewayUrl, extraConnectSources, webRoot, demo } = config
  const app = fastify({
    bodyLimit: limits.httpBodyMaxBytes,
    requestTimeout: 30_000,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    genReqId: () => randomBytes(8).toString('hex'),
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
  })
  const judge = createJudge(log)
  const answer = answerWithJson(judge)
  const isSecure = secureAt(publicUrl)
  const stages = {
    findCaller: findCaller({ signIn, isSecure }),
    refuseOtherSites: refuseOtherSites(publicUrl),
  }
  app.decorateRequest('loginToken', undefined)
  app.decorateRequest('caller', undefined)
  addSecurityHeaders(app, { isSecure, gatewayUrl, extraConnectSources })
  logRequests(app, log)
  app.setErrorHandler(answer)
  app.setNotFoundHandler((request, reply) =>
    request.url.startsWith('/api/')
      ? reply.code(404).send(errorBody(named('notFound')))
      : sendErrorPage(reply, { ...named('notFound'), message: 'There is nothing here.' }),
  )
  app.register(cookie)
  app.register(csrfProtection, { ...csrfCookie, getToken: csrfTokenIn })
  app.register(async (api) => addOperations(api, { door, ...stages }))
  app.register(async (pages) =>
    addLoginPages(pages, { signIn, isSecure, judge, webRoot, demo, ...stages }),
  )
  app.register(async (pages) =>
    addChatPage(pages, { signIn, isSecure, judge, webRoot, gatewayUrl, ...stages }),
  )
  app.register(async (api) =>
    addInternalMessages(api, { internal, token: config.internalToken, judge }),
  )
  addStaticFiles(app, webRoot)
  return app
}

function csrfTokenIn({ body, headers }: FastifyRequest): string | undefined {
  const field = (body as Record<string, unknown> | null | undefined)?.['csrf-token']
  const token = field ?? headers['x-csrf-token']
  return typeof token === 'string' ? token : undefined
}

function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    const ms = Math.round(reply.elapsedTime)
    // The route's pattern, not the URL: queries may hold what is nobody's business.
    const route = request.routeOptions.url
    log.debug(
      { requestId: request.id, method: request.method, route, status: reply.statusCode, ms },
      'request',
    )
    done()
  })
}
