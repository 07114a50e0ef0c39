import { createHmac } from 'node:crypto'
import { tmpdir } from 'node:os'
import { createApp } from '../server/src/app.ts'
import type { AppConfig } from '../server/src/app-config.ts'
import type { Database } from '../server/src/database/database.ts'

const log = { debug() {}, info() {}, warn: console.error, error: console.error }

/** One node on a free port; its processes share the secret of connection tokens by `TOKEN_SECRET`. */
export async function startServer(
  db: Database,
  different: Partial<AppConfig> = {},
): Promise<{ url: string; pageUrl: string; close(): Promise<void> }> {
  const config: AppConfig = {
    host: '127.0.0.1',
    port: 0,
    gatewayListener: undefined,
    gatewayUrl: undefined,
    publicUrl: undefined,
    trustedProxies: [],
    allowedOrigins: [],
    internalToken: undefined,
    tokenSecret: process.env.TOKEN_SECRET,
    demoFromAnywhere: false,
    redis: undefined,
    demoHint: false,
    webRoot: tmpdir(),
    version: 'bench',
    ...different,
  }
  const app = await createApp(config, db, log)
  const { url } = await app.listen()
  return {
    url: `${url.replace('http', 'ws')}/connection/websocket`,
    pageUrl: url,
    close: app.close,
  }
}

/** A connection token as products make them. */
export function tokenFor(userId: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: String(userId) })}`
  const secret = process.env.TOKEN_SECRET!
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
