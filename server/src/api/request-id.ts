import type { FastifyInstance } from 'fastify'

const wellFormed = /^[\w.-]{8,64}$/

/** Every answer names its request as the logs do. The name is ours, or that of a proxy we trust. */
export function addRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const given = request.headers['x-request-id']
    const isProxied = (request.ips?.length ?? 0) > 1
    if (isProxied && typeof given === 'string' && wellFormed.test(given)) request.id = given
    reply.header('x-request-id', request.id)
  })
}
