import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { signIn, startApp, type TestApp } from '../../server/test/app.ts'
import { composer, eventually, openAs } from './browser.ts'
import { aProxy, type Proxy } from './proxy.ts'

const seconds = Number(process.env.PARLEY_BAD_NETWORK_SECONDS ?? 15)
const breakEveryMs = Math.min(20_000, (seconds * 1_000) / 3)
/** As long a connection that fell silent may go unnoticed, and then some to catch up. */
const convergeMs = 90_000

const stored = async ({ db }: TestApp) =>
  (await db.messages.newest(1, 1_000)).map(({ content }) => content)

/** Adds a third person to the demo's two. */
async function addAda({ db, url }: TestApp): Promise<void> {
  await db.pool.query({
    text: `insert into users (username, username_key, password_hash)
      select 'ada', 'ada', password_hash from users where id = 1`,
  })
  const john = await signIn(url, 'john')
  const added = await john.call('POST', '/api/conversations/1/members', { username: 'ada' })
  expect(added.status).toBe(200)
}

/** Notes every banner and every alert from now on. */
async function watchFor(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen = new Set<string>()
    Object.assign(globalThis, { seen })
    new MutationObserver(() => {
      for (const alert of document.querySelectorAll('[role="alert"], .banner, .failed'))
        if (alert.textContent) seen.add(alert.textContent.trim())
    }).observe(document.body, { childList: true, subtree: true, characterData: true })
  })
  return () => page.evaluate(() => [...(globalThis as unknown as { seen: Set<string> }).seen])
}

/** Writes and edits until the time is over; resolves to what should stand there, in order. */
async function talk(page: Page, name: string, untilMs: number): Promise<string[]> {
  const written: string[] = []
  while (performance.now() < untilMs) {
    written.push(`${name} ${written.length + 1}`)
    await composer(page).fill(written.at(-1)!)
    await composer(page).press('Enter')
    await pause(1_000 + Math.random() * 1_500)
    if (written.length % 3 === 0) await editLast(page, written)
  }
  return written
}

async function editLast(page: Page, written: string[]): Promise<void> {
  await composer(page).press('ArrowUp')
  const editor = page.getByRole('textbox', { name: 'Edit message' })
  await editor.waitFor()
  const before = await editor.inputValue()
  await editor.fill(`${before}!`)
  await editor.press('Enter')
  written[written.lastIndexOf(before)] = `${before}!`
}

async function breakUntil(proxy: Proxy, untilMs: number): Promise<void> {
  for (let round = 1; performance.now() + breakEveryMs < untilMs; round++) {
    await pause(breakEveryMs)
    if (round % 3 === 2) proxy.silence()
    else {
      await proxy.cut()
      await pause(1_000)
      await proxy.mend()
    }
  }
}

/** Every message of the conversation, from the top, whichever are drawn at a time. */
async function wholeTimeline(page: Page): Promise<string[]> {
  const log = page.getByRole('log')
  await eventually(async () => {
    await log.evaluate((element) => (element.scrollTop = 0))
    return page.getByText('This is where the conversation began.').count()
  }, convergeMs).toBe(1)
  const found = new Map<number, string>()
  for (let atEnd = false; !atEnd;) {
    const drawn = await log.evaluate((element) =>
      Array.from(element.querySelectorAll<HTMLElement>('[data-index]'), (place) => {
        const text = place.querySelector('article .text')?.cloneNode(true) as
          | HTMLElement
          | undefined
        text?.querySelector('.edited')?.remove()
        return [Number(place.dataset['index']), text?.textContent.trim() ?? ''] as const
      }),
    )
    for (const [index, text] of drawn) found.set(index, text)
    atEnd = await log.evaluate((element) => {
      const before = element.scrollTop
      element.scrollTop += element.clientHeight / 2
      return element.scrollTop === before
    })
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    await pause(30)
  }
  return [...found].toSorted(([a], [b]) => a - b).map(([, text]) => text)
}

test(`three people talk for ${seconds} s over a network that is slow, cut and silent: one timeline, nothing twice, lost or reordered`, async () => {
  const app = await startApp()
  await addAda(app)
  const proxy = await aProxy(app)
  const names = ['john', 'bill', 'ada']
  const pages: Page[] = []
  for (const name of names) pages.push(await openAs(name, proxy, { cuts: true }))
  proxy.delay(150)
  const watches = await Promise.all(pages.map(watchFor))
  const untilMs = performance.now() + seconds * 1_000
  const [, ...written] = await Promise.all([
    breakUntil(proxy, untilMs),
    ...pages.map((page, at) => talk(page, names[at]!, untilMs)),
  ])

  const expected = written.flat().toSorted()
  await eventually(async () => (await stored(app)).toSorted(), convergeMs).toEqual(expected)
  for (const page of pages)
    await eventually(() => page.locator('article.waiting').count(), convergeMs).toBe(0)
  const line = await stored(app)
  names.forEach((name, at) =>
    expect(line.filter((text) => text.startsWith(name))).toEqual(written[at]),
  )
  for (const page of pages) await eventually(() => wholeTimeline(page), convergeMs).toEqual(line)
  for (const watch of watches) expect(await watch()).toEqual([])
  console.log(
    `${line.length} messages, ${expected.filter((text) => text.endsWith('!')).length} edited`,
  )
}, 600_000)
