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

const stored = async ({ db }: TestApp) => db.messages.newest(1, 1_000)
/** A message as it stands on a page: its text, and behind it who reacted. */
const asShown = ({ content, reactions }: Awaited<ReturnType<typeof stored>>[number]) =>
  [content, ...reactions.map(({ emoji, users }) => `${emoji}${users.length}`)].join(' ')

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

/** What somebody did: the texts in order, as they should stand there, and those reacted to. */
interface Talk {
  name: string
  written: string[]
  reactedTo: Set<string>
}

/** Writes, edits and reacts until the time is over. */
async function talk(page: Page, name: string, untilMs: number): Promise<Talk> {
  const written: string[] = []
  const reactedTo = new Set<string>()
  while (performance.now() < untilMs) {
    written.push(`${name} ${written.length + 1}`)
    await composer(page).fill(written.at(-1)!)
    await composer(page).press('Enter')
    await pause(1_000 + Math.random() * 1_500)
    if (written.length % 3 === 0) await editLast(page, written)
    if (written.length % 3 === 1) reactedTo.add(await react(page))
  }
  return { name, written, reactedTo }
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

/** To the last message of somebody else that is there; resolves to its text before any edit. */
async function react(page: Page): Promise<string> {
  await page.locator('article:not(.mine):has(.text)').last().focus()
  // Another one may be the last by now: what has the focus is what is reacted to.
  const text = (await page.locator('article:focus .text p').innerText()).split('!')[0]!
  await page.keyboard.press('+')
  await page.getByLabel('Search emoji').fill('thumbs up')
  await page.getByRole('gridcell', { name: 'thumbs up', exact: true }).click()
  return text
}

/** The list of emoji comes over HTTP when it is opened first, and a broken network may keep it. */
async function fetchEmoji(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Emoji', exact: true }).click()
  await page.getByRole('gridcell', { name: 'grinning face', exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Emoji' }).waitFor({ state: 'detached' })
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
        const chips = Array.from(
          place.querySelectorAll('.chip'),
          (chip) =>
            `${chip.querySelector('.emoji')!.textContent}${chip.querySelector('.count')!.textContent}`,
        )
        const shown = [text?.textContent.trim() ?? '', ...chips].join(' ')
        return [Number(place.dataset['index']), shown] as const
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

test(`three people talk, edit and react for ${seconds} s over a network that is slow, cut and silent: one timeline, nothing twice, lost or reordered`, async () => {
  const app = await startApp()
  await addAda(app)
  const proxy = await aProxy(app)
  const names = ['john', 'bill', 'ada']
  const pages: Page[] = []
  for (const name of names) pages.push(await openAs(name, proxy, { cuts: true }))
  for (const page of pages) await fetchEmoji(page)
  proxy.delay(150)
  const watches = await Promise.all(pages.map(watchFor))
  const untilMs = performance.now() + seconds * 1_000
  const [, ...talks] = await Promise.all([
    breakUntil(proxy, untilMs),
    ...pages.map((page, at) => talk(page, names[at]!, untilMs)),
  ])

  const expected = talks.flatMap(({ written }) => written).toSorted()
  const contents = async () => (await stored(app)).map(({ content }) => content)
  await eventually(async () => (await contents()).toSorted(), convergeMs).toEqual(expected)
  for (const page of pages)
    await eventually(() => page.locator('article.waiting').count(), convergeMs).toBe(0)
  const reactions = () => stored(app).then((all) => all.flatMap(({ reactions }) => reactions))
  const given = talks.reduce((sum, { reactedTo }) => sum + reactedTo.size, 0)
  const users = async () => (await reactions()).flatMap((reaction) => reaction.users)
  await eventually(async () => (await users()).length, convergeMs).toBe(given)
  const line = await stored(app)
  for (const { name, written, reactedTo } of talks) {
    const own = line.map(({ content }) => content).filter((text) => text.startsWith(name))
    expect(own).toEqual(written)
    const reacted = line.filter(({ reactions: [reaction] }) =>
      reaction?.users.some(({ username }) => username === name),
    )
    expect(new Set(reacted.map(({ content }) => content.split('!')[0]))).toEqual(reactedTo)
  }
  for (const page of pages)
    await eventually(() => wholeTimeline(page), convergeMs).toEqual(line.map(asShown))
  for (const watch of watches) expect(await watch()).toEqual([])
  const edits = expected.filter((text) => text.endsWith('!')).length
  console.log(`${line.length} messages, ${edits} edited, ${given} reactions`)
}, 600_000)
