import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import { eventually, expectTexts, openAs, write } from './browser.ts'
import { aProxy } from './proxy.ts'

/** Collects everything the page's live region ever said. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const heard: string[] = ((globalThis as any).heard = [])
    const region = document.querySelector('[data-announcements]')!
    new MutationObserver((records) => {
      for (const { addedNodes } of records)
        for (const node of addedNodes) if (node instanceof Element) heard.push(node.textContent)
    }).observe(region, { childList: true })
  })
  return () => page.evaluate(() => (globalThis as any).heard)
}

test('what others write in the open conversation is read out, once; what I write is not', async () => {
  const app = await startApp()
  const john = await openAs('john', app)
  await write(john, 'before')
  await eventually(async () => (await app.db.messages.newest(1, 1)).length).toBe(1)
  const bill = await openAs('bill', app)
  await expectTexts(bill, ['before'])
  const heard = await listen(bill)
  await write(bill, 'mine')
  await write(john, 'hello bill')
  await eventually(heard).toEqual(['john: hello bill'])
  for (let n = 1; n <= 5; n++) await write(john, `quick ${n}`)
  await eventually(async () => (await heard()).at(-1)).toMatch(
    /new messages from john|john: quick 5/,
  )
  expect((await heard()).filter((text) => text.includes('mine'))).toEqual([])
  const live = await bill.locator('[aria-live=polite], [role=status], [role=alert]').count()
  expect(live).toBe(1)
})

test('a connection that is lost, and back, is told', async () => {
  const app = await startApp()
  const proxy = await aProxy(app)
  const page = await openAs('john', proxy, { cuts: true })
  const heard = await listen(page)
  await proxy.cut()
  await eventually(heard).toEqual(['Connection lost'])
  await proxy.mend()
  await eventually(heard, 30_000).toEqual(['Connection lost', 'Connected again'])
})
