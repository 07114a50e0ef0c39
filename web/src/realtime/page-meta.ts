import type { User } from '@parley/protocol/resources'
import type { InjectionKey } from 'vue'

/** What the server writes into the page's head for this browser. */
export interface PageMeta {
  gatewayUrl: string
  /** Present only where the gateway is another origin, which the login cookie does not reach. */
  token: string | undefined
  csrfToken: string
  /** Who is signed in. */
  user: User
}

/** Resolves to it, from the page itself or, where that came from the browser, from the server. */
export type FindPageMeta = () => Promise<PageMeta>

export const pageMetaKey: InjectionKey<FindPageMeta> = Symbol('page meta')

const patienceMs = 10_000

/** Reloads where nobody is signed in any more, so that the server can show the sign-in page. */
export function pageMetaFinder(page: Document, expected: User | undefined): FindPageMeta {
  const own = readPageMeta(page)
  return async () => {
    const meta = own ?? (await fetchPageMeta())
    if (meta?.user && (!expected || meta.user.id === expected.id)) return meta
    location.reload()
    return new Promise(() => {})
  }
}

/** Undefined in a page that was made for nobody. */
export function readPageMeta(page: Document): PageMeta | undefined {
  const content = (name: string) =>
    page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? ''
  if (!content('parley-user')) return undefined
  const own = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/connection/websocket`
  const gatewayUrl = content('parley-gateway') || own
  const foreign = new URL(gatewayUrl, own).host !== location.host
  return {
    gatewayUrl,
    token: foreign ? content('x-bearer') : undefined,
    csrfToken: content('csrf-token'),
    user: JSON.parse(content('parley-user')),
  }
}

async function fetchPageMeta(): Promise<PageMeta | undefined> {
  const answer = await fetch('/', { signal: AbortSignal.timeout(patienceMs) })
  if (!answer.ok) throw new Error(`the page is not there: ${answer.status}`)
  return readPageMeta(new DOMParser().parseFromString(await answer.text(), 'text/html'))
}
