import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import { composer, eventually, openAs } from './browser.ts'

const built = new URL('../dist', import.meta.url).pathname

/** A copy of the build that can become the next one: every script under another name. */
async function aBuild() {
  const webRoot = join(await mkdtemp(join(tmpdir(), 'parley-build-')), 'dist')
  await cp(built, webRoot, { recursive: true })
  onTestFinished(() => rm(join(webRoot, '..'), { recursive: true }))
  const assets = join(webRoot, 'assets')
  return {
    webRoot,
    async replace(): Promise<void> {
      for (const name of await readdir(assets)) {
        if (/\.(br|gz)$/.test(name)) await rm(join(assets, name))
        else if (name.endsWith('.js')) await rewrite(assets, name)
      }
      for (const page of ['index.html', 'sign-in.html', 'sw.js']) await rewrite(webRoot, page)
    },
  }
}

async function rewrite(folder: string, name: string): Promise<void> {
  const text = await readFile(join(folder, name), 'utf8')
  const next = text.replace(/([\w-]+-[\w-]{8})\.js\b/g, '$1-next.js')
  await writeFile(join(folder, name), next.replace(/(version = ')/, '$1next-'))
  if (folder.endsWith('assets'))
    await rename(join(folder, name), join(folder, `${name.slice(0, -3)}-next.js`))
}

const script = (page: Page) =>
  page.evaluate(() => document.querySelector<HTMLScriptElement>('script[type="module"]')!.src)

const update = (page: Page) =>
  page.evaluate(
    async () => void (await (await navigator.serviceWorker.getRegistration())!.update()),
  )

test('a new version takes over without breaking open pages, which say so and load it when asked', async () => {
  const build = await aBuild()
  const app = await startApp({ webRoot: build.webRoot })
  const page = await openAs('john', app, { offline: true })
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
  await eventually(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(
    true,
  )
  await composer(page).fill('half a thought')
  const old = await script(page)
  await build.replace()
  await update(page)
  const notice = page
    .locator('.banner')
    .filter({ hasText: 'A new version of Parley is available.' })
  await notice.waitFor()
  expect((await fetch(old)).status).toBe(404)
  // A part that this page has not loaded yet, of the version that the server has no more.
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await notice.getByRole('button', { name: 'Reload' }).click()
  await eventually(() => script(page)).toBe(old.replace('.js', '-next.js'))
  expect(await notice.count()).toBe(0)
  await eventually(() => composer(page).inputValue()).toBe('half a thought')
  await eventually(() => page.evaluate(async () => (await caches.keys()).length)).toBe(1)
})

test('nothing that a server said to one person is in the caches', async () => {
  const app = await startApp()
  const page = await openAs('john', app, { offline: true })
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
  await page.reload()
  await page.evaluate(() => fetch('/api/users/me').then((answer) => answer.text()))
  const kept = await page.evaluate(async () => {
    const names = await caches.keys()
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
    return requests.flat().map(({ url }) => new URL(url).pathname)
  })
  expect(kept).toContain('/offline')
  expect(kept.filter((path) => path !== '/offline' && !path.startsWith('/assets/'))).toEqual([])
  const shell = await page.evaluate(async () => (await caches.match('/offline'))!.text())
  expect(shell).not.toMatch(/x-bearer|csrf-token|john/)
})
