/** Every variable that Parley reads. docs/CONFIGURATION.md is printed from this table. */
import {
  asGatewayUrl,
  asHost,
  asHours,
  asListOf,
  asNetwork,
  asOneOf,
  asOrigin,
  asPort,
  asPortOrOff,
  asSeconds,
  asRedisPrefix,
  asRedisUrl,
  asSecret,
  asSwitch,
  asText,
  asUrlOf,
} from './config-checks.ts'

export interface Variable<Value = unknown> {
  readonly check: (text: string) => Value
  /** One or two sentences in Markdown. */
  readonly about: string
  readonly default?: string
  /** Never printed; `url`: only the password inside it. */
  readonly secret?: 'all' | 'url'
}

const postgresUrl = asUrlOf('postgres://user:password@host:5432/name', 'postgres:', 'postgresql:')

export const variables = {
  HOST: {
    check: asHost,
    default: '127.0.0.1',
    about: 'Address to listen on; `0.0.0.0` makes Parley reachable from other machines.',
  },
  PORT: {
    check: asPort,
    default: '8080',
    about:
      'Port of the web app, the HTTP API and the gateway; `0` takes any free one. For `parley serve --only gateway`: 6001 unless set.',
  },
  DATABASE_URL: {
    check: postgresUrl,
    secret: 'url',
    about:
      'PostgreSQL 15 or later, `postgres://user:password@host:5432/name`. Unset: Parley runs its own PostgreSQL in `PARLEY_DATA_DIR`.',
  },
  DB_HOST: {
    check: asText,
    about:
      'Server of the database, where `DATABASE_URL` is unset and any `DB_…` is set; `127.0.0.1` unless given.',
  },
  DB_PORT: { check: asPort, about: 'Its port; `5432` unless given.' },
  DB_NAME: { check: asText, about: 'Name of the database; `parley` unless given.' },
  DB_DATABASE: { check: asText, about: 'The same as `DB_NAME`, which goes first.' },
  DB_USER: { check: asText, about: 'User of the database; `parley` unless given.' },
  DB_USERNAME: { check: asText, about: 'The same as `DB_USER`, which goes first.' },
  DB_PASSWORD: { check: asText, secret: 'all', about: "That user's password." },
  REDIS_URL: {
    check: asRedisUrl,
    secret: 'url',
    about:
      'Redis 6.2 or later, or Valkey, `redis://user:password@host:6379/0`, `rediss://` with TLS: for several nodes on one database. Unset: one node, in memory.',
  },
  REDIS_HOST: { check: asHost, about: 'Redis server, where `REDIS_URL` is unset.' },
  REDIS_PORT: { check: asPort, about: 'Its port; `6379` unless given.' },
  REDIS_PASSWORD: { check: asText, secret: 'all', about: 'Its password.' },
  PARLEY_REDIS_PREFIX: {
    check: asRedisPrefix,
    default: 'parley',
    about:
      'Begins the names of what Parley keeps in Redis, `parley:…`. Installations that share a Redis need different ones: database numbers do not separate them.',
  },
  PARLEY_STREAM_KEEP_HOURS: {
    check: asHours,
    default: '168',
    about:
      'How long messages stay in the Redis Stream `chat.messages:stream`. They stay in the database for ever.',
  },
  WS_INTERNAL_TOKEN: {
    check: asText,
    secret: 'all',
    about: 'What `POST /api/ws/messages` asks for in `X-Internal-Token`. Unset: that door is shut.',
  },
  LOG_LEVEL: {
    check: asOneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    about: 'The least important line to log: `fatal`, `error`, `warn`, `info`, `debug`, `trace`.',
  },
  PARLEY_LOG_FORMAT: {
    check: asOneOf('pretty', 'json'),
    about: '`pretty` or `json`. Unset: pretty on a terminal, JSON elsewhere.',
  },
  PARLEY_DATA_DIR: {
    check: asText,
    default: './data',
    about: "Directory of Parley's own PostgreSQL. Nothing else is kept there.",
  },
  PARLEY_PUBLIC_URL: {
    check: asOrigin,
    about:
      'The address people type, `https://chat.example.com`. With https, cookies are sent over https only; pages of this origin may open sockets.',
  },
  PARLEY_GATEWAY_PORT: {
    check: asPortOrOff,
    about:
      'A second port for WebSockets alone, on the same `HOST`. Set: Parley does not start without it. `off`: none. Unset: 8081, with a warning where that is taken. Processes with one role (`--only`) have none.',
  },
  PARLEY_GATEWAY_URL: {
    check: asGatewayUrl,
    about:
      'Where the web app finds the gateway, `wss://chat.example.com/connection/websocket`. Unset: where the page came from.',
  },
  PARLEY_TRUSTED_PROXIES: {
    check: asListOf(asNetwork),
    default: '',
    about:
      'Addresses or networks of proxies in front of Parley, separated by commas. Only their `X-Forwarded-…` headers are believed.',
  },
  PARLEY_ALLOWED_ORIGINS: {
    check: asListOf(asOrigin),
    default: '',
    about:
      'Further origins whose pages may open sockets with the cookie of a signed-in browser, separated by commas.',
  },
  PARLEY_TOKEN_SECRET: {
    check: asSecret(32),
    secret: 'all',
    about:
      'Secret of connection tokens (HS256) that your own application issues; 32 characters or more. Unset: such tokens are refused.',
  },
  PARLEY_METRICS_PORT: {
    check: asPortOrOff,
    default: 'off',
    about:
      'Port where Prometheus finds `/metrics`, apart from where people are; `off`: none. It shows no names, but keep it from strangers.',
  },
  PARLEY_METRICS_HOST: {
    check: asHost,
    default: '127.0.0.1',
    about: 'Address that `PARLEY_METRICS_PORT` listens on.',
  },
  PARLEY_DRAIN_SECONDS: {
    check: asSeconds,
    default: '0',
    about:
      'How long a server that is told to stop still takes connections while `/readyz` says 503, so that a balancer that asks it can look elsewhere; 0 to 300.',
  },
  PARLEY_DEMO: {
    check: asSwitch,
    default: '0',
    about: '`1`: the demo users `john` and `bill` may sign in from other machines too.',
  },
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof variables
export const variableNames = Object.keys(variables) as VariableName[]
