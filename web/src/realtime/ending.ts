import { errorCodes } from '@parley/protocol/codes'

/** How it goes on after the SDK gave up: connect again later, or ask the server for a new page. */
export type Ending = 'retry' | 'reload'

export function endingOf(code: number): Ending {
  const refused = code === errorCodes.badCredentials.code || code === errorCodes.unauthorized.code
  const terminal = (code >= 3500 && code <= 3999) || (code >= 4500 && code <= 4999)
  return refused || terminal ? 'reload' : 'retry'
}

const memory = 'parley:reloaded-at'
const quietMs = 30_000

/**
 * Reloads, so that the server can show the sign-in page; but not twice in a row, where a page that
 * is served and then refused would reload for ever. False when it did not.
 */
export function reloadOnce(storage: Storage, now: number, reload: () => void): boolean {
  const last = Number(storage.getItem(memory) ?? 0)
  if (now - last < quietMs) return false
  storage.setItem(memory, String(now))
  reload()
  return true
}
