import { Refusal } from '@parley/protocol/refusal'
import type { FastifyRequest } from 'fastify'
import type { Authenticate, Authenticated } from '../chat/authenticate.ts'
import { loginTokenIn } from './login-cookie.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The cookie's token as it came; it need not stand for anybody. */
    loginToken: string | undefined
    caller: Authenticated | undefined
  }
}

interface Options {
  signIn: Pick<Authenticate, 'authenticate'>
  isSecure: (request: FastifyRequest) => boolean
}

/** A stage: finds out who asks. */
export const findCaller = ({ signIn, isSecure }: Options) =>
  async function findCaller(request: FastifyRequest): Promise<void> {
    request.loginToken = loginTokenIn(request.headers.cookie, isSecure(request))
    if (request.loginToken !== undefined) {
      request.caller = await signIn.authenticate(request.loginToken)
    }
  }

/** The stage after `findCaller` where nothing is for strangers. */
export async function requireCaller(request: FastifyRequest): Promise<void> {
  if (!request.caller) throw new Refusal('unauthorized')
}
