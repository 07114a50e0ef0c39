import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'
import { createPasswords } from '../server/src/chat/passwords.ts'
import { addMessages, freshDatabase } from './database-role.ts'
import { startServer } from './server-role.ts'

/**
 * What people wait for in the web client, in Chromium on a CPU that is slowed down: the first screen,
 * a change of conversation, a key while messages arrive, and what 10,000 messages leave in the page.
 */
const throttling = Number(process.env.THROTTLING ?? 4)
const rounds = Number(process.env.ROUNDS ?? 7)
const switches = 40
const keys = 200
/** Between keys, as somebody writes 100 words a minute: quickly within a word, then a moment. */
const gapsMs = [70, 90, 110, 80, 140, 100, 70, 180, 90, 120, 260]
const arrivingPerSecond = 50
const conversations = 40
const root = resolve(import.meta.dirname, '../../..')
const internalToken = 'bench'

const password = 'a password'
const { db, close } = await freshDatabase(20)
const memberIds = Array.from({ length: 20 }, (_, index) => 1 + index)
await db.pool.query({
  text: 'update users set password_hash = $1 where id = 1',
  values: [await createPasswords().hash(password)],
})
await addMessages(db, 1, 10_000)
const names = Array.from(
  { length: conversations },
  (_, index) => `Room ${String(index + 1).padStart(2, '0')}`,
)
for (const name of names) {
  const wanted = { name, kind: 'public' as const, clientKey: undefined, memberIds }
  const { id } = await db.conversations.create(wanted)
  await addMessages(db, id, 100)
}
const server = await startServer(db, { webRoot: join(root, 'web/dist'), internalToken })
const { pageUrl } = server

const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
const browser: Browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
const pageScript = join(root, 'bench/client-page.js')

/** Signed in, with nothing in its caches. */
async function freshPage(): Promise<{ page: Page; devtools: CDPSession }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto(pageUrl)
  await page.getByLabel('Username').fill('user1')
  await page.getByLabel('Password').fill(password)
  const chat = '**/assets/first-screen-*.js'
  // The form's answer is the chat page, whose scripts would then be in the cache.
  await page.route(chat, (route) => route.abort())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${pageUrl}/`)
  await page.unroute(chat)
  await context.addInitScript({ path: pageScript })
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.clearBrowserCache')
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: throttling })
  return { page, devtools }
}

async function openFirst(page: Page): Promise<number> {
  await page.goto(`${pageUrl}/c/2`)
  return page.evaluate<number>('bench.firstScreenMs')
}

const at = (share: number, values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!
const ms = (value: number): string => `${value.toFixed(0)} ms`
const spread = (values: readonly number[]): string =>
  `p50 ${ms(at(0.5, values))}, p95 ${ms(at(0.95, values))}, slowest ${ms(Math.max(...values))}`

/** The same machine, browser and messages, without a client: a page of text. */
async function bareScreen(page: Page): Promise<number> {
  const rows = Array.from({ length: 50 }, (_, n) => `<p>message ${n}${' word'.repeat(n % 31)}</p>`)
  const body = `<!doctype html><title>Bare</title>${rows.join('')}`
  await page.route('**/bare', (route) => route.fulfill({ contentType: 'text/html', body }))
  await page.goto(`${pageUrl}/bare`)
  await page.evaluate('bench.until(() => performance.getEntriesByType("paint").length > 0)')
  return page.evaluate<number>('performance.getEntriesByType("paint")[0].startTime')
}

async function firstScreens(): Promise<void> {
  const times = { cold: [] as number[], again: [] as number[], bare: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const { page } = await freshPage()
    times.cold.push(await openFirst(page))
    times.again.push(await openFirst(page))
    times.bare.push(await bareScreen(page))
    await page.context().close()
  }
  console.log(`first screen, nothing cached, ${rounds} times: ${spread(times.cold)}`)
  console.log(`first screen, once more: ${spread(times.again)}`)
  console.log(`first paint of a bare page of 50 messages: ${spread(times.bare)}`)
}

async function changes(page: Page): Promise<void> {
  const times: number[] = []
  for (let change = -4; change < switches; change++) {
    const name = names[Math.abs(change) % 2]!
    const tookMs = await page.evaluate<number>(`bench.switchTo('${name}')`)
    if (change >= 0) times.push(tookMs)
    await pause(100)
  }
  console.log(`change between two cached conversations, ${switches} times: ${spread(times)}`)
}

/** Messages of 19 others, one after the other, until it is stopped. */
function arrivals(conversationId: number): () => Promise<number> {
  let sent = 0
  let stopped = false
  const startMs = performance.now()
  async function run(): Promise<void> {
    while (!stopped) {
      await pause(startMs + ((sent + 1) * 1_000) / arrivingPerSecond - performance.now())
      const body = {
        conversation_id: conversationId,
        sender_id: 2 + (sent++ % 19),
        content: `number **${sent}** of those who arrive`,
      }
      const headers = { 'content-type': 'application/json', 'x-internal-token': internalToken }
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      const { status } = await fetch(`${pageUrl}/api/ws/messages`, init)
      if (status >= 300) throw new Error(`a message was answered with ${status}`)
    }
  }
  const running = run()
  return async () => {
    stopped = true
    await running
    return sent / ((performance.now() - startMs) / 1_000)
  }
}

async function keystrokes(page: Page): Promise<void> {
  await page.evaluate(`bench.switchTo('${names[0]}')`)
  await page.getByRole('textbox', { name: 'Message', exact: true }).focus()
  const type = async () => {
    await page.evaluate('bench.keysMs.length = 0')
    for (const [index, key] of [...'typing goes on '.repeat(20).slice(0, keys)].entries()) {
      await page.keyboard.press(key === ' ' ? 'Space' : key)
      await pause(gapsMs[index % gapsMs.length])
    }
    await pause(500)
    return spread(await page.evaluate<number[]>('bench.keysMs'))
  }
  console.log(`key to paint, ${keys} keys, nothing arriving: ${await type()}`)
  const stop = arrivals(2)
  await pause(2_000)
  const took = await type()
  const perSecond = (await stop()).toFixed(0)
  console.log(`key to paint, ${keys} keys, ${perSecond} messages/s arriving in sight: ${took}`)
}

async function longHistory(page: Page, devtools: CDPSession): Promise<void> {
  await page.evaluate(`bench.switchTo('Bench')`)
  const startMs = performance.now()
  const { nodes, steps } = await page.evaluate<{ nodes: number; steps: number }>(
    'bench.scrollToStart()',
  )
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(0)
  await devtools.send('HeapProfiler.collectGarbage')
  const used: Record<string, number> = await devtools.send('Runtime.getHeapUsage')
  const bytes = used.usedSize! + (used.embedderHeapUsedSize ?? 0) + (used.backingStorageSize ?? 0)
  console.log(
    `10,000 messages scrolled through in ${seconds} s, ${steps} steps: at most ${nodes} elements, ${(bytes / 1e6).toFixed(1)} MB afterwards`,
  )
}

console.log(`CPU slowed down ${throttling} times, ${conversations + 1} conversations`)
await firstScreens()
const { page, devtools } = await freshPage()
await openFirst(page)
await changes(page)
await keystrokes(page)
await longHistory(page, devtools)
await browser.close()
await server.close()
await close()
process.exit(0)
