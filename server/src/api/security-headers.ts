import type { FastifyReply, FastifyRequest } from 'fastify'

interface Options {
  isSecure: (request: FastifyRequest) => boolean
  gatewayUrl?: string | undefined
  /** More WebSocket origins that pages of ours connect to. */
  extraConnectSources: readonly string[]
}

/**
 * One constant object for every answer, and for the hook to set it. Whoever serves something that
 * may be kept says so itself.
 */
export function createSecurityHeaders(options: Options) {
  const plain = Object.freeze(headersFor(options))
  const secure = Object.freeze({ ...plain, 'strict-transport-security': 'max-age=31536000' })
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    reply.headers(options.isSecure(request) ? secure : plain)
}

function headersFor({ gatewayUrl, extraConnectSources }: Options): Record<string, string> {
  const connect = ["'self'", ...originOf(gatewayUrl), ...extraConnectSources]
  return {
    'content-security-policy': [
      "default-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src ${[...new Set(connect)].join(' ')}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "object-src 'none'",
      "worker-src 'self'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, no-store',
  }
}

const originOf = (url: string | undefined): string[] =>
  url !== undefined && URL.canParse(url) ? [new URL(url).origin] : []
