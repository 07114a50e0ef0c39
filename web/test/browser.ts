import { existsSync } from 'node:fs'
import { mkdtemp, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { demoPassword } from '../../server/src/database/demo.ts'
import { signIn } from '../../server/test/app.ts'

const executablePath = '/usr/bin/chromium'
/**
 * The first two stand for what opens below Chromium's address bar: pages that nobody sees, and loading
 * them for each window costs a third of all the time. The rest is what Playwright turns off on its own,
 * and Chromium obeys only the last list that it is given.
 */
const disabledFeatures = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades'],
  ...['HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints'],
  ...['NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'],
]
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  `--disable-features=${disabledFeatures.join(',')}`,
]

let launched: Promise<Browser> | undefined

/** One for all tests of a worker, which ends it. */
function theBrowser(): Promise<Browser> {
  if (!existsSync(new URL('../dist/index.html', import.meta.url)))
    throw new Error('there is no web client to test: npm run build')
  return (launched ??= chromium.launch({ executablePath, args }))
}

interface PageOptions {
  /** What the browser prefers. */
  locale?: string
  javaScriptEnabled?: boolean
  reducedMotion?: 'reduce' | 'no-preference'
  /** The service worker is let in; most tests are quicker without it. */
  offline?: boolean
  /**
   * The network will fail in this test: requests that do are no trouble then, and the page
   * reconnects as early as its backoff allows, not at some moment that luck decides.
   */
  cuts?: boolean
  /** What the page may tell on the console. */
  mayReport?: RegExp | undefined
}

/**
 * A page in a browser of its own. When the test ends, nothing may have been reported there: no
 * console error, no uncaught error, no violation of the Content-Security-Policy.
 */
export async function openPage(options: PageOptions = {}): Promise<Page> {
  const { javaScriptEnabled = true, reducedMotion = 'no-preference' } = options
  const { locale = shape.locale } = options
  const serviceWorkers = options.offline ? 'allow' : 'block'
  const own = { javaScriptEnabled, reducedMotion, locale, serviceWorkers } as const
  const browser = await theBrowser()
  const context = await browser.newContext({ ...shape, ...own })
  await watchOver(context, options)
  return context.newPage()
}

/** A browser whose data outlives it, to be killed as power failures and people kill browsers. */
export async function aProfile() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-profile-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  return {
    folder,
    async open({ mayReport }: Pick<PageOptions, 'mayReport'> = {}): Promise<Page> {
      const context = await chromium.launchPersistentContext(folder, {
        ...{ executablePath, args, ...shape },
      })
      await watchOver(context, { cuts: true, mayReport })
      return context.newPage()
    },
    async kill(page: Page): Promise<void> {
      const closed = new Promise((resolve) => page.context().once('close', resolve))
      // The lock of a profile names the process: host-pid.
      const pid = (await readlink(join(folder, 'SingletonLock'))).split('-').at(-1)
      process.kill(Number(pid), 'SIGKILL')
      await closed
    },
  }
}

const shape = { locale: 'en-GB', viewport: { width: 1000, height: 700 } }

async function watchOver(context: BrowserContext, options: PageOptions): Promise<void> {
  context.setDefaultTimeout(30_000)
  const troubles: string[] = []
  onTestFinished(async () => {
    await context.close()
    expect(troubles).toEqual([])
  })
  await watchPolicy(context, troubles)
  if (options.cuts) await context.addInitScript(() => (Math.random = () => 0))
  context.on('page', (page) => watchPage(page, troubles, options))
}

function watchPage(page: Page, troubles: string[], { cuts, mayReport }: PageOptions): void {
  page.on('pageerror', (error) => troubles.push(`uncaught: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    const text = message.text()
    const isNoise = (cuts && isNetworkNoise(text)) || mayReport?.test(text)
    if (message.type() === 'error' && !isNoise) troubles.push(`console: ${text}`)
  })
}

async function watchPolicy(context: BrowserContext, troubles: string[]): Promise<void> {
  await context.exposeBinding('reportViolation', (_source, text: string) => troubles.push(text))
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      (globalThis as any).reportViolation(`policy: ${violatedDirective} against ${blockedURI}`),
    ),
  )
}

const isNetworkNoise = (text: string): boolean =>
  [
    /^WebSocket connection to '[^']+' failed/,
    /^WebSocket is already in CLOSING or CLOSED state\.$/,
    /^Failed to load resource: net::ERR_/,
    /^An unknown error occurred when fetching the script\.$/,
  ].some((noise) => noise.test(text))

/** Signs in through the form, as people do. */
export async function signInAs(page: Page, { url }: { url: string }, username: string) {
  await page.goto(url)
  await fillSignIn(page, username, demoPassword)
  await page.waitForURL(`${url}/`)
}

export async function fillSignIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** A page of this person, who signed in before, with the conversation open. */
export async function openAs(
  username: string,
  app: { url: string },
  { conversation = 'First thread', ...options }: PageOptions & { conversation?: string } = {},
): Promise<Page> {
  const page = await openPage(options)
  const { cookie } = await signIn(app.url, username)
  const cookies = cookie.split('; ').map((pair) => {
    const [name, value] = pair.split('=') as [string, string]
    return { name, value, url: app.url, httpOnly: true, sameSite: 'Lax' as const }
  })
  await page.context().addCookies(cookies)
  await page.goto(app.url)
  await openConversation(page, conversation)
  return page
}

/** A line of the conversation list. */
export const listed = (page: Page, name: string | RegExp) =>
  page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name })

export async function openConversation(page: Page, name: string): Promise<void> {
  await listed(page, name).click()
  await expectOpen(page, name)
}

/** The conversation is shown and its messages are there. */
export async function expectOpen(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name }).waitFor()
  const log = page.getByRole('log').and(page.locator('[aria-busy="false"]'))
  await log.waitFor()
}

export const composer = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true })

export async function write(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}

export const row = (page: Page, text: string) => page.getByRole('article').filter({ hasText: text })

/** The messages on the screen, from top to bottom. */
export const texts = (page: Page): Promise<string[]> =>
  page
    .getByRole('article')
    .evaluateAll((rows) => rows.map((row) => row.querySelector('p')?.textContent ?? ''))

/** Waits until exactly these messages are on the screen. */
export const expectTexts = (page: Page, expected: readonly string[], timeoutMs?: number) =>
  eventually(() => texts(page), timeoutMs).toEqual(expected)

/** What arrives later than this came by some way of making up for what got lost. */
export const liveMs = 3_000

/** Polls until the expectation holds. */
export const eventually = <Value>(look: () => Value | Promise<Value>, timeout = 30_000) =>
  expect.poll(look, { timeout, interval: 25 })
