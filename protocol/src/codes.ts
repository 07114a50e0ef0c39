/**
 * Every refusal and every way a connection or subscription ends.
 * Numbers 100 to 113 and 3000 to 3999 are Centrifugo's (docs/PROTOCOL.md, "Codes"); ours start at 400.
 */

interface ErrorCode {
  /** On the wire: `error.code` of a reply, and of a REST answer. */
  readonly code: number
  readonly http: number
  /** An official SDK may retry by itself when true. */
  readonly temporary?: true
  readonly message: string
}

const errorTable = {
  internal: { code: 100, http: 500, temporary: true, message: 'internal server error' },
  unauthorized: { code: 101, http: 401, message: 'unauthorized' },
  unknownChannel: { code: 102, http: 404, message: 'unknown channel' },
  permissionDenied: { code: 103, http: 403, message: 'permission denied' },
  methodNotFound: { code: 104, http: 404, message: 'method not found' },
  alreadySubscribed: { code: 105, http: 409, message: 'already subscribed' },
  limitExceeded: { code: 106, http: 422, message: 'limit exceeded' },
  badRequest: { code: 107, http: 400, message: 'bad request' },
  notAvailable: { code: 108, http: 501, message: 'not available' },
  tokenExpired: { code: 109, http: 401, message: 'token expired' },
  expired: { code: 110, http: 401, message: 'expired' },
  tooManyRequests: { code: 111, http: 429, temporary: true, message: 'too many requests' },
  unrecoverablePosition: { code: 112, http: 409, message: 'unrecoverable position' },
  concurrentPagination: {
    code: 113,
    http: 409,
    temporary: true,
    message: 'concurrent pagination',
  },
  invalidInput: { code: 400, http: 400, message: 'invalid input' },
  badCredentials: { code: 403, http: 403, message: 'Unauthorized' },
  notFound: { code: 404, http: 404, message: 'not found' },
  conflict: { code: 409, http: 409, message: 'conflict' },
  tooLarge: { code: 413, http: 413, message: 'too large' },
  unsupportedMediaType: { code: 415, http: 415, message: 'unsupported media type' },
  archived: { code: 423, http: 423, message: 'archived' },
  unavailable: {
    code: 503,
    http: 503,
    temporary: true,
    message: 'service unavailable, try again',
  },
} as const satisfies Record<string, ErrorCode>

export type ErrorName = keyof typeof errorTable
export const errorCodes: Readonly<Record<ErrorName, ErrorCode>> = errorTable

interface EndCode {
  readonly code: number
  readonly reason: string
}

/**
 * WebSocket close codes. Every SDK reconnects after 3000 to 3499 and 4000 to 4499,
 * and gives up after 3500 to 3999 and 4500 to 4999.
 */
export const disconnects = {
  connectionClosed: { code: 3000, reason: 'connection closed' },
  shutdown: { code: 3001, reason: 'shutdown' },
  internal: { code: 3004, reason: 'internal server error' },
  connectionExpired: { code: 3005, reason: 'connection expired' },
  slow: { code: 3008, reason: 'slow' },
  writeError: { code: 3009, reason: 'write error' },
  insufficientState: { code: 3010, reason: 'insufficient state' },
  forceReconnect: { code: 3011, reason: 'force reconnect' },
  noPong: { code: 3012, reason: 'no pong' },
  tooManyRequests: { code: 3013, reason: 'too many requests' },
  invalidToken: { code: 3500, reason: 'invalid token' },
  badRequest: { code: 3501, reason: 'bad request' },
  stale: { code: 3502, reason: 'stale' },
  forceDisconnect: { code: 3503, reason: 'force disconnect' },
  connectionLimit: { code: 3504, reason: 'connection limit' },
  channelLimit: { code: 3505, reason: 'channel limit' },
  inappropriateProtocol: { code: 3506, reason: 'inappropriate protocol' },
  permissionDenied: { code: 3507, reason: 'permission denied' },
  notAvailable: { code: 3508, reason: 'not available' },
  tooManyErrors: { code: 3509, reason: 'too many errors' },
} as const satisfies Record<string, EndCode>

export type DisconnectName = keyof typeof disconnects

/** Codes of `push.unsubscribe`: below 2500 the subscription is over, from 2500 the SDK resubscribes. */
export const unsubscribes = {
  server: { code: 2000, reason: 'server unsubscribe' },
  insufficientState: { code: 2500, reason: 'insufficient state' },
  expired: { code: 2501, reason: 'subscription expired' },
} as const satisfies Record<string, EndCode>

export type UnsubscribeName = keyof typeof unsubscribes
