import { Refusal } from '@parley/protocol/refusal'
import type { FastifyRequest } from 'fastify'
import { isOwnOrigin } from '../chat/origins.ts'

/** Whether the person's browser talks TLS to us or to a proxy that we trust. */
export const secureAt =
  (publicUrl: string | undefined) =>
  (request: FastifyRequest): boolean =>
    (publicUrl?.startsWith('https:') ?? false) || request.protocol === 'https'

/** A stage for unsafe methods: refuses what another site makes a browser send. */
export function refuseOtherSites(publicUrl: string | undefined) {
  const allowed = publicUrl === undefined ? [] : [new URL(publicUrl).origin]
  return async (request: FastifyRequest): Promise<void> => {
    const { origin, 'sec-fetch-site': site } = request.headers
    if (site === 'cross-site' || !isOwnOrigin(origin, request.host, allowed)) {
      throw new Refusal('permissionDenied', { message: 'requests from other sites are refused' })
    }
  }
}
