/** What an app is made of, and each part's slice of it. */
import { loginTokenIn } from './api/login-cookie.ts'
import type { ApiConfig } from './api/server.ts'
import type { Watermark } from './database/lineage/watermark.ts'
import type { PresenceTimers } from './delivery/presence.ts'
import type { GatewayTimers } from './gateway/gateway.ts'

/** What one process may serve: HTTP, or WebSockets. */
export type Role = 'api' | 'gateway'

export interface RedisConfig {
  url: string
  prefix: string
  /** How long messages stay in the stream for other programs. */
  keepHours: number
}

export interface AppConfig {
  /** Absent: both roles. */
  only?: Role | undefined
  host: string
  port: number
  /** How long a process that stops is not ready but still takes connections; 0 unless given. */
  drainMs?: number | undefined
  /** A second listener for the gateway alone; `required`: being busy is an error, not a warning. */
  gatewayListener: { port: number; required: boolean } | undefined
  gatewayUrl: string | undefined
  publicUrl: string | undefined
  trustedProxies: readonly string[]
  allowedOrigins: readonly string[]
  internalToken: string | undefined
  tokenSecret: string | undefined
  /** Demo users sign in from other machines too. */
  demoFromAnywhere: boolean
  /** Absent: this is the only node. */
  redis: RedisConfig | undefined
  /** The sign-in page names the demo users. */
  demoHint: boolean
  webRoot: string
  version: string
  /** How far the database was seen to have come, kept outside of it. */
  watermark?: Watermark
  /** Where Prometheus asks; absent: nowhere. */
  metricsListener?: { host: string; port: number } | undefined
  /** Other times than the parts' own, for tests. */
  timers?: GatewayTimers & { requestTimeoutMs?: number }
  presenceTimers?: PresenceTimers
}

export const serves = ({ only }: AppConfig, role: Role): boolean =>
  only === undefined || only === role

export const loginTokenFor = (publicUrl: string | undefined) => (cookie: string | undefined) =>
  loginTokenIn(cookie, true) ??
  (publicUrl?.startsWith('https:') ? undefined : loginTokenIn(cookie, false))

export const originsOf = ({ publicUrl, allowedOrigins }: AppConfig): string[] => [
  ...allowedOrigins,
  ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin]),
]

export const apiConfigOf = (config: AppConfig): ApiConfig => ({
  publicUrl: config.publicUrl,
  trustedProxies: config.trustedProxies,
  internalToken: config.internalToken,
  gatewayUrl: config.gatewayUrl,
  extraConnectSources: config.gatewayListener
    ? [`ws://127.0.0.1:${config.gatewayListener.port}`]
    : [],
  webRoot: config.webRoot,
  requestTimeoutMs: config.timers?.requestTimeoutMs,
  demo: config.demoHint,
})
