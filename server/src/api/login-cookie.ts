import type { FastifyReply } from 'fastify'

const lifetimeSeconds = 30 * 24 * 60 * 60

/** `__Host-`: browsers take it only over TLS, from this host itself and for all of it. */
const nameFor = (secure: boolean): string => (secure ? '__Host-parley_login' : 'parley_login')

const optionsFor = (secure: boolean) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure }) as const

/** The login's token in a `Cookie` header (RFC 6265, 5.4); for a gateway without a Fastify too. */
export function loginTokenIn(header: string | undefined, secure: boolean): string | undefined {
  const start = `${nameFor(secure)}=`
  const pairs = header?.split(';').map((pair) => pair.trim())
  return pairs?.find((pair) => pair.startsWith(start))?.slice(start.length)
}

export function setLoginCookie(reply: FastifyReply, token: string, secure: boolean): void {
  reply.setCookie(nameFor(secure), token, { ...optionsFor(secure), maxAge: lifetimeSeconds })
}

export function clearLoginCookie(reply: FastifyReply, secure: boolean): void {
  reply.clearCookie(nameFor(secure), optionsFor(secure))
}
