import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../../server/test/app.ts'
import { eventually, openAs } from './browser.ts'
import { aProxy } from './proxy.ts'

const driftMaxPx = 2
/** The rows kept ready outside of sight are higher together: none is seen before it is measured. */
const stepPx = 700

/** Of both authors and many heights, so that no estimate of a row's height is right. */
async function writeMany({ db }: TestApp, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const contentOf = (number: number) =>
    `message ${number}${'\nand a line more'.repeat(number % 5)}${' or a long one'.repeat((number * 7) % 31)}`
  await Promise.all(
    numbers.map((number) =>
      db.messages.send({
        conversationId: 1,
        userId: 1 + (Math.floor(number / 3) % 2),
        clientKey: randomUUID(),
        content: contentOf(number),
      }),
    ),
  )
}

interface View {
  /** What is left to scroll up. */
  leftPx: number
  heightPx: number
  /** The messages that are on the page, whether in sight or kept ready just outside. */
  rows: { number: number; topPx: number }[]
}

/** What is there once two frames in a row look alike. */
const look = (page: Page): Promise<View> =>
  page.getByRole('log').evaluate(async (log) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const top = (element?: Element | null) => element?.getBoundingClientRect().top ?? 0
    const state = () => `${log.scrollTop} ${log.scrollHeight} ${top(log.querySelector('article'))}`
    for (let before = '', now = state(); before !== now; now = state()) {
      before = now
      await frame()
      await frame()
    }
    const rows = Array.from(log.querySelectorAll('article'), (row) => ({
      number: Number(/message (\d+)/.exec(row.querySelector('p')!.textContent)![1]),
      topPx: top(row) - top(log),
    }))
    return { leftPx: log.scrollTop, heightPx: log.scrollHeight, rows }
  })

/** How much lower the first message that is there both times is the second time. */
function movedPx(before: View, after: View): number {
  const row = before.rows.find(({ number }) => number >= after.rows[0]!.number)!
  return after.rows.find(({ number }) => number === row.number)!.topPx - row.topPx
}

/** Notes how far from here the message is in every frame that is painted; until it is called. */
async function watchDrift(page: Page, number: number): Promise<() => Promise<number>> {
  const watch = await page.getByRole('log').evaluateHandle((log, number) => {
    const find = () =>
      Array.from(log.querySelectorAll('article')).find((row) =>
        new RegExp(`message ${number}(?!\\d)`).test(row.textContent),
      )
    const start = find()!.getBoundingClientRect().top
    const watch = { driftPx: 0, done: false }
    // Resize observers are the last to run before a frame is painted, the newest of them last.
    const clock = document.body.appendChild(document.createElement('i'))
    clock.style.cssText = 'position: fixed; height: 1px'
    new ResizeObserver(() => {
      const row = find()
      const driftPx = row ? Math.abs(row.getBoundingClientRect().top - start) : Infinity
      watch.driftPx = Math.max(watch.driftPx, driftPx)
    }).observe(clock)
    let width = 0
    const tick = () => {
      clock.style.width = `${(width = 1 - width)}px`
      if (!watch.done) requestAnimationFrame(tick)
    }
    tick()
    return watch
  }, number)
  return () =>
    watch.evaluate((watch) => {
      watch.done = true
      return watch.driftPx
    })
}

test.each([
  ['1,000 messages', 1_000, 'no-preference'],
  ['150 messages, for somebody who wants less motion,', 150, 'reduce'],
] as const)(
  'scrolling back through %s shows each of them in order, and nothing jumps',
  async (_what, count, reducedMotion) => {
    const app = await startApp()
    await writeMany(app, count)
    const proxy = await aProxy(app)
    const page = await openAs('john', proxy, { reducedMotion })
    await eventually(async () => (await look(page)).rows.at(-1)?.number).toBe(count)
    await page.getByRole('log').hover()

    const seen = new Set<number>()
    async function lookAndCount(): Promise<View> {
      const view = await look(page)
      const first = view.rows[0]!.number
      expect(view.rows.map(({ number }) => number)).toEqual(view.rows.map((_, at) => first + at))
      for (const { number } of view.rows) seen.add(number)
      return view
    }

    /** Scrolls to this far from the start, while older messages that are asked for do not come. */
    async function scrollUp(enoughPx: number): Promise<View> {
      proxy.hold()
      let view = await lookAndCount()
      while (view.leftPx > enoughPx) {
        const before = view
        await page.mouse.wheel(0, -stepPx)
        view = await lookAndCount()
        if (before.leftPx < stepPx) continue
        expect(Math.abs(movedPx(before, view) - stepPx)).toBeLessThanOrEqual(driftMaxPx)
      }
      return view
    }

    let prepends = 0
    for (;;) {
      const before = await scrollUp((prepends % 3) * 300)
      if (seen.has(1)) break
      const { number } = before.rows.find(({ topPx }) => topPx >= 0)!
      const drift = await watchDrift(page, number)
      proxy.release()
      await eventually(async () => (await look(page)).heightPx).not.toBe(before.heightPx)
      const after = await lookAndCount()
      expect(Math.abs(movedPx(before, after))).toBeLessThanOrEqual(driftMaxPx)
      const what = `message ${number}, in some frame while older ones came`
      expect(await drift(), what).toBeLessThanOrEqual(driftMaxPx)
      prepends++
    }
    expect(seen.size).toBe(count)
    expect(Math.max(...seen)).toBe(count)
    expect(prepends).toBeGreaterThanOrEqual(Math.floor(count / 100))
    await page.getByText('This is where the conversation began.').waitFor()
  },
)
