import type { Page } from 'playwright-core'
import { eventually } from './browser.ts'

/** How many entries there are in what the browser keeps for this person. */
export const countKept = (page: Page, store: string, userId = 1): Promise<number> =>
  page.evaluate(
    async ([name, store]) => {
      const opening = indexedDB.open(name!)
      await new Promise((resolve) => (opening.onsuccess = resolve))
      const count = opening.result.transaction(store!).objectStore(store!).count()
      await new Promise((resolve) => (count.onsuccess = resolve))
      opening.result.close()
      return count.result
    },
    [`parley-user-${userId}`, store],
  )

/** Whose data the browser has. */
export const keptDatabases = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ''))

/** The page could be opened without the server now, and would show as many messages. */
export async function readyForOffline(page: Page, messages = 1, userId = 1): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
  await eventually(() => copiedMessages(page, userId)).toBe(messages)
}

const copiedMessages = (page: Page, userId: number): Promise<number> =>
  page.evaluate(async (name) => {
    const opening = indexedDB.open(name)
    await new Promise((resolve) => (opening.onsuccess = resolve))
    const pages = opening.result.transaction('pages').objectStore('pages').getAll()
    await new Promise((resolve) => (pages.onsuccess = resolve))
    opening.result.close()
    return pages.result.reduce((sum, { messages }) => sum + messages.length, 0)
  }, `parley-user-${userId}`)
