import type { User } from '@parley/protocol/resources'

const keptAs = 'parley.user'

/** Who was signed in when a page last came from the server, for pages that come from the browser. */
export function lastUser(): User | undefined {
  try {
    return JSON.parse(localStorage.getItem(keptAs) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

export function rememberUser(user: User | undefined): void {
  try {
    if (user) localStorage.setItem(keptAs, JSON.stringify(user))
    else localStorage.removeItem(keptAs)
  } catch {
    // Storage is turned off: nothing is kept then.
  }
}
