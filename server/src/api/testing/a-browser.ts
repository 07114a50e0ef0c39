import type { FastifyInstance } from 'fastify'

interface Cookie {
  name: string
  value: string
  path?: string
  maxAge?: number
  expires?: Date
  secure?: boolean
  httpOnly?: boolean
  sameSite?: string
}

/** Keeps cookies, and follows nothing. */
export function aBrowser(app: FastifyInstance, headers: Record<string, string> = {}) {
  const jar = new Map<string, string>()

  async function ask(method: 'GET' | 'POST', url: string, form?: string | Record<string, string>) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await app.inject({
      method,
      url,
      headers: {
        ...headers,
        ...(cookie && { cookie }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form !== undefined && { payload: new URLSearchParams(form).toString() }),
    })
    for (const { name, value } of response.cookies as Cookie[]) {
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return Object.assign(response, { setCookies: response.cookies as Cookie[] })
  }

  const get = (url: string) => ask('GET', url)
  const csrf = async () => tokenIn((await get('/login')).body)
  return {
    jar,
    get,
    csrf,
    post: (url: string, form: string | Record<string, string> = {}) => ask('POST', url, form),
    async signIn(username = 'john', password = 'correct horse') {
      return ask('POST', '/login', { 'csrf-token': await csrf(), username, password })
    },
  }
}

const tokenIn = (html: string): string => /name="csrf-token" value="([^"]+)"/.exec(html)?.[1] ?? ''
