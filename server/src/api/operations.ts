import { operationNames, operations } from '@parley/protocol/operations'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Door } from '../chat/door.ts'
import { errorBody, named } from './answer-error.ts'
import { acceptJsonOnly } from './json-body.ts'
import { requireCaller } from './login.ts'
import { inputReader } from './operation-input.ts'

type Stage = (request: FastifyRequest) => Promise<void>

interface Options {
  door: Door
  findCaller: Stage
  refuseOtherSites: Stage
}

/** Every operation of the table as a REST route. The door limits, validates and authorizes. */
export function addOperations(app: FastifyInstance, options: Options): void {
  const { door, findCaller, refuseOtherSites } = options
  acceptJsonOnly(app)
  for (const name of operationNames) {
    const { method, path } = operations[name]
    const read = inputReader(operations[name])
    app.route({
      method,
      url: path,
      onRequest:
        method === 'GET'
          ? [findCaller, requireCaller]
          : [refuseOtherSites, findCaller, requireCaller],
      handler: (request) => door.perform(request.caller, name, read(request)),
    })
  }
  for (const path of new Set(operationNames.map((name) => operations[name].path))) {
    const here = operationNames.filter((name) => operations[name].path === path)
    refuseOtherMethods(
      app,
      path,
      here.map((name) => operations[name].method),
    )
  }
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** 405 for the methods that a path does not have. */
export function refuseOtherMethods(app: FastifyInstance, url: string, allowed: string[]): void {
  const answer = async (_: FastifyRequest, reply: FastifyReply) =>
    reply
      .code(405)
      .header('allow', allowed.join(', '))
      .send(errorBody(named('methodNotFound')))
  app.route({
    method: methods.filter((method) => !allowed.includes(method)),
    url,
    exposeHeadRoute: false,
    onRequest: answer,
    handler: answer,
  })
}
