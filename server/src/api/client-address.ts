import type { FastifyRequest } from 'fastify'
import { isLoopback } from '../chat/addresses.ts'

const forwardingHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip']

/**
 * Where a request came from, as far as we can know. What a proxy on this machine forwards comes from
 * anywhere, though its connection is local: unless that proxy is trusted the address is unknown.
 */
export function clientAddress(request: FastifyRequest): string {
  const isForwarded = forwardingHeaders.some((name) => request.headers[name] !== undefined)
  const isBelieved = (request.ips?.length ?? 0) > 1
  return isForwarded && !isBelieved && isLoopback(request.ip) ? 'unknown' : request.ip
}
