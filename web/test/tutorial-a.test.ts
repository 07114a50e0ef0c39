import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { signIn, startApp, type TestApp } from '../../server/test/app.ts'
import { eventually, openPage, signInAs } from './browser.ts'
import { aProxy } from './proxy.ts'

/** Where the tutorial's client looks for its server, whatever the page says. */
const gatewayPort = 8081
/** The script that the chat page begins with. */
const entry = '**/assets/first-screen-*.js'
const gatewayUrl = `ws://127.0.0.1:${gatewayPort}/connection/websocket`

const sdks = ['centrifuge', 'centrifuge-3'] as const
type Sdk = (typeof sdks)[number]

/** The tutorial's client with this SDK, as one script. */
async function bundle(sdk: Sdk): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('tutorial-a/main.js', import.meta.url))],
    alias: { centrifuge: sdk },
    bundle: true,
    write: false,
    format: 'iife',
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  })
  return outputFiles[0]!.text
}

const bundles = Object.fromEntries(
  await Promise.all(sdks.map(async (sdk) => [sdk, await bundle(sdk)])),
) as Record<Sdk, string>

beforeAll(async () => {
  const deadline = performance.now() + 30_000
  while (!(await isFree(gatewayPort))) {
    if (performance.now() > deadline)
      throw new Error(
        `port ${gatewayPort} is taken, perhaps by a Parley that npm start began: end it, ` +
          'the client of Tutorial A can look nowhere else',
      )
    await pause(250)
  }
})

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

const startBoth = () => startApp({ gatewayListener: { port: gatewayPort, required: true } })

/** The chat page with the tutorial's client in place of ours; all else is as Parley serves it. */
async function openAs(username: string, app: { url: string }, sdk: Sdk): Promise<Page> {
  const page = await openPage({ cuts: true })
  await page.route(entry, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: bundles[sdk] }),
  )
  await signInAs(page, app, username)
  await field(page).waitFor()
  return page
}

const field = (page: Page) => page.getByPlaceholder('Write your message!')

/** Writes a message and waits for the server's word that it has it: the field is empty then. */
async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text)
  await field(page).press('Enter')
  await eventually(() => field(page).inputValue()).toBe('')
}

/** The messages on the screen, each as `username: text`. */
const shown = (page: Page): Promise<string[]> =>
  page
    .locator('.chat-message')
    .evaluateAll((rows) =>
      rows.map(
        (row) =>
          `${row.querySelector('.username')!.textContent}: ${row.querySelector('.text')!.textContent}`,
      ),
    )

const expectShown = (page: Page, expected: readonly string[], timeoutMs?: number) =>
  eventually(() => shown(page), timeoutMs).toEqual(expected)

const stored = async ({ db }: TestApp): Promise<string[]> =>
  (await db.messages.newest(1, 10_000)).map(({ user, content }) => `${user.username}: ${content}`)

/** Writes through the API. */
async function writerFor(app: TestApp, username: string) {
  const { call } = await signIn(app.url, username)
  return async (content: string): Promise<void> => {
    const path = '/api/conversations/1/messages'
    const { status } = await call('POST', path, { content, clientKey: crypto.randomUUID() })
    expect(status).toBe(200)
  }
}

/** For the server it is two hours later: by its own clock, and by the age of what is stored. */
async function ageByTwoHours({ db }: TestApp): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 60 * 60 * 1_000 })
  onTestFinished(() => void vi.useRealTimers())
  await db.pool.query({
    text: `update auth_tokens set created_at = created_at - interval '2 hours',
      last_used_at = last_used_at - interval '2 hours', expires_at = expires_at - interval '2 hours'`,
  })
}

describe.each(sdks)('the client of Tutorial A, with %s', (sdk) => {
  test('two people chat: each sees every message once, with who wrote it', async () => {
    const app = await startBoth()
    const [john, bill] = [await openAs('john', app, sdk), await openAs('bill', app, sdk)]
    await write(john, 'hello bill')
    await expectShown(bill, ['john: hello bill'])
    await write(bill, 'hello john')
    const all = ['john: hello bill', 'bill: hello john']
    await expectShown(john, all)
    await expectShown(bill, all)
    expect(await john.locator('.chat-message.own .text').allTextContents()).toEqual(['hello bill'])
    await john.reload()
    await expectShown(john, all)
  })

  test('people go on chatting after the server was started again', async () => {
    const app = await startBoth()
    const [john, bill] = [await openAs('john', app, sdk), await openAs('bill', app, sdk)]
    await write(john, 'before')
    await expectShown(bill, ['john: before'])
    await app.stop()
    const meanwhile = { conversationId: 1, userId: 2, content: 'meanwhile' }
    await app.db.messages.send({ ...meanwhile, clientKey: crypto.randomUUID() })
    await app.start()
    const both = ['john: before', 'bill: meanwhile']
    await expectShown(john, both)
    await expectShown(bill, both)
    await write(bill, 'after')
    await expectShown(john, [...both, 'bill: after'])
    await expectShown(bill, [...both, 'bill: after'])
  })

  test('people can still write when their clocks and the server have gone on by two hours', async () => {
    const app = await startBoth()
    const [john, bill] = [await openAs('john', app, sdk), await openAs('bill', app, sdk)]
    await john.clock.install()
    await john.reload()
    await write(john, 'before')
    await expectShown(bill, ['john: before'])
    await ageByTwoHours(app)
    await john.clock.fastForward('02:00:00')
    await write(john, 'two hours later')
    await expectShown(bill, ['john: before', 'john: two hours later'])
    await write(bill, 'so late already?')
    const all = ['john: before', 'john: two hours later', 'bill: so late already?']
    await expectShown(john, all)
    await expectShown(bill, all)
  })

  test('messages that arrive while the page loads are there once, in the order of the database', async () => {
    const app = await startBoth()
    const [john, bill] = [await writerFor(app, 'john'), await writerFor(app, 'bill')]
    const writers = [john, bill, john, bill]
    const page = await openAs('john', app, sdk)
    let number = 0
    for (let load = 1; load <= 10; load++) {
      // From the moment the script is fetched until some time after its list has come.
      let loaded = false
      const begun = page.waitForRequest(entry)
      const reloaded = page.reload()
      await begun
      const writing = writers.map(async (write) => {
        for (let left = 5; left > 0; left -= loaded ? 1 : 0) await write(`message ${++number}`)
      })
      await reloaded
      await eventually(async () => (await shown(page)).length).toBeGreaterThan(0)
      loaded = true
      await Promise.all(writing)
      await expectShown(page, await stored(app))
    }
    // The client asks for no more than the newest 1,000.
    expect(number).toBeLessThan(1_000)
  })
})

test('a network that is away for 30 s loses and doubles nothing, with either SDK', async () => {
  const app = await startApp({ gatewayUrl })
  const proxy = await aProxy(app, gatewayPort)
  const pages: Page[] = []
  for (const sdk of sdks)
    for (const username of ['john', 'bill']) pages.push(await openAs(username, app, sdk))
  const [john, bill] = [await writerFor(app, 'john'), await writerFor(app, 'bill')]
  await write(pages[0]!, 'before')
  for (const page of pages) await expectShown(page, ['john: before'])

  const cutAt = performance.now()
  await proxy.cut()
  for (let number = 1; number <= 5; number++) {
    await john(`meanwhile ${number}`)
    await bill(`meanwhile ${number}`)
    await pause(6_000)
  }
  await pause(30_000 - (performance.now() - cutAt))
  for (const page of pages) expect(await shown(page)).toEqual(['john: before'])
  await proxy.mend()

  const all = await stored(app)
  expect(all.length).toBe(11)
  for (const page of pages) await expectShown(page, all)
  for (const [index, page] of pages.entries()) await write(page, `after ${index}`)
  for (const page of pages) await expectShown(page, await stored(app))
})
