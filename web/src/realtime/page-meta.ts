import type { User } from '@parley/protocol/resources'
import type { InjectionKey } from 'vue'

/** What the server wrote into the page's head for this browser. */
export interface PageMeta {
  gatewayUrl: string
  /** Present only where the gateway is another origin, which the login cookie does not reach. */
  token: string | undefined
  csrfToken: string
  /** Who is signed in. */
  user: User | undefined
}

export const pageMetaKey: InjectionKey<PageMeta> = Symbol('page meta')

export function readPageMeta(page: Document): PageMeta {
  const content = (name: string) =>
    page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? ''
  const here = page.location
  const own = `${here.protocol === 'https:' ? 'wss' : 'ws'}://${here.host}/connection/websocket`
  const gatewayUrl = content('parley-gateway') || own
  const foreign = new URL(gatewayUrl, own).host !== here.host
  return {
    gatewayUrl,
    token: foreign ? content('x-bearer') : undefined,
    csrfToken: content('csrf-token'),
    user: content('parley-user') ? JSON.parse(content('parley-user')) : undefined,
  }
}
