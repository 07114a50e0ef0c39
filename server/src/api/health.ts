import type { FastifyInstance } from 'fastify'
import { isReady, livePath, readyPath, type Health } from '../monitoring/health.ts'

/** What balancers and supervisors ask; anybody may, and learns nothing but up or down. */
export function addHealth(app: FastifyInstance, health: Health): void {
  app.get(livePath, async () => ({ status: 'live' }))
  app.get(readyPath, async (_request, reply) => {
    const state = await health.readiness()
    return reply.code(isReady(state) ? 200 : 503).send(state)
  })
}
