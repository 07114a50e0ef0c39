import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Browser, signIn, startApp } from '../../server/test/app.ts'
import {
  composer,
  eventually,
  expectOpen,
  listed,
  openAs,
  openConversation,
  openPage,
  signInAs,
} from './browser.ts'

async function send(api: Browser, id: number, content: string): Promise<void> {
  const message = { content, clientKey: crypto.randomUUID() }
  await api.call('POST', `/api/conversations/${id}/messages`, message)
}

/** john's page on no conversation, and what bill and john can do besides; 2 is "Design". */
async function world() {
  const app = await startApp()
  const [john, bill] = [await signIn(app.url, 'john'), await signIn(app.url, 'bill')]
  await bill.call('POST', '/api/conversations', { name: 'Design', kind: 'public', userIds: [1] })
  const page = await openPage()
  await signInAs(page, app, 'john')
  await listed(page, 'Design').waitFor()
  const prefer = (id: number, preferences: object) =>
    john.call('PATCH', `/api/conversations/${id}/preferences`, preferences)
  return { app, page, john, bill, prefer }
}

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const names = (page: Page, name: string) =>
  section(page, name)
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.querySelector('.name')?.textContent))

describe('the list of conversations', () => {
  test('has sections, which stay folded over a reload', async () => {
    const { page, bill, prefer } = await world()
    const direct = await bill.call('POST', '/api/conversations/direct', { userIds: [1] })
    await prefer(2, { favourite: true })
    await eventually(() => names(page, 'Favourites')).toEqual(['Design'])
    // That bill only thought of writing is not told.
    expect(await names(page, 'Direct messages')).toEqual([])
    await send(bill, direct.body.conversation.id, 'hello')
    await eventually(() => names(page, 'Direct messages')).toEqual(['bill'])
    expect(await names(page, 'Conversations')).toEqual(['First thread'])
    await page.getByRole('button', { name: 'Conversations', exact: true }).click()
    await eventually(() => names(page, 'Conversations')).toEqual([])
    await page.reload()
    await eventually(() => names(page, 'Favourites')).toEqual(['Design'])
    expect(await names(page, 'Conversations')).toEqual([])
    // What asks for me is there all the same.
    await send(bill, 1, 'are you there?')
    await eventually(() => names(page, 'Conversations')).toEqual(['First thread'])
  })

  test('scrolls by itself when it is long, and the page never does', async () => {
    const { page, bill } = await world()
    for (let number = 1; number <= 25; number++) {
      const name = `Room ${number}`
      await bill.call('POST', '/api/conversations', { name, kind: 'public', userIds: [1] })
    }
    await send(bill, 1, 'read me')
    await listed(page, 'Room 25').waitFor()
    const overflow = (selector: string) =>
      page.locator(selector).evaluate((box) => box.scrollHeight - box.clientHeight)
    expect(await overflow('nav')).toBeGreaterThan(0)
    expect(await overflow('html')).toBe(0)
    await openConversation(page, 'First thread')
    expect(await overflow('html')).toBe(0)
  })

  test('tells unread messages from mentions, and the tab says how many there are', async () => {
    const { page, bill, prefer } = await world()
    const icon = () => page.locator('link[rel="icon"]').getAttribute('href')
    expect(await icon()).toMatch(/\.svg$/)
    await send(bill, 2, 'something for everybody')
    await listed(page, 'Design 1 unread').waitFor()
    await eventually(() => page.title()).toBe('(1) Parley')
    await eventually(icon).toMatch(/^data:image\/png/)
    const dot = await icon()
    await send(bill, 2, '@john something for you')
    await listed(page, 'Design 1 mention 2 unread').waitFor()
    await eventually(icon).not.toBe(dot)

    await send(bill, 1, 'somewhere else')
    await eventually(() => page.title()).toBe('(3) Parley')
    await prefer(1, { muted: true })
    await eventually(() => page.title()).toBe('(2) Parley')
    await listed(page, 'First thread Muted 1 unread').waitFor()

    await openConversation(page, 'Design')
    await eventually(() => page.title()).toBe('Design · Parley')
    await eventually(icon).toMatch(/\.svg$/)
  })

  test('says where I have begun to write', async () => {
    const { page } = await world()
    await openConversation(page, 'Design')
    await composer(page).fill('to be continued')
    await openConversation(page, 'First thread')
    await listed(page, 'Design').getByText('Draft:').waitFor()
    await listed(page, 'Design').getByText('to be continued').waitFor()
    await openConversation(page, 'Design')
    await listed(page, 'Design').getByText('Draft:').waitFor({ state: 'detached' })
  })

  test('is walked with Alt and the arrows, with Shift by what is unread', async () => {
    const { app, bill } = await world()
    await bill.call('POST', '/api/conversations', { name: 'Quiet', userIds: [1] })
    const page = await openAs('john', app, { conversation: 'First thread' })
    const order = await names(page, 'Conversations')
    expect(order).toHaveLength(3)
    const at = order.indexOf('First thread')
    await page.keyboard.press('Alt+ArrowDown')
    await expectOpen(page, order[(at + 1) % 3]!)
    await page.keyboard.press('Alt+ArrowUp')
    await expectOpen(page, 'First thread')
    await send(bill, 2, 'unread')
    await listed(page, 'Design 1 unread').waitFor()
    await page.keyboard.press('Alt+Shift+ArrowUp')
    await expectOpen(page, 'Design')
  })
})
