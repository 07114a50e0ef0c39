import type { FastifyReply } from 'fastify'

const csrfName = 'parley_csrf'
const flashName = 'parley_flash'
const shared = { httpOnly: true, sameSite: 'lax' } as const
const csrfOptions = { ...shared, path: '/' } as const
const flashOptions = { ...shared, path: '/login' } as const

/** Keeps the secret that the pages' `csrf-token` belongs to. */
export const csrfCookie = { cookieKey: csrfName, cookieOpts: csrfOptions }

/** The next page makes a new secret. */
export const renewCsrf = (reply: FastifyReply): FastifyReply =>
  reply.clearCookie(csrfName, csrfOptions)

/** Leaves the name of an error for the next page to tell. */
export const setFlash = (reply: FastifyReply, name: string, secure: boolean): FastifyReply =>
  reply.setCookie(flashName, name, { ...flashOptions, secure, maxAge: 60 })

/** Takes what `setFlash` left: once. */
export function takeFlash(reply: FastifyReply): string | undefined {
  const name = reply.request.cookies[flashName]
  if (name !== undefined) reply.clearCookie(flashName, flashOptions)
  return name
}
