import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Browser, signIn, startApp } from '../../server/test/app.ts'
import { eventually, expectOpen, listed, openConversation, openPage, signInAs } from './browser.ts'

declare global {
  var shownNotes: Notification[]
}

async function send(api: Browser, id: number, content: string): Promise<void> {
  const message = { content, clientKey: crypto.randomUUID() }
  await api.call('POST', `/api/conversations/${id}/messages`, message)
}

/** john with notifications switched on, on no conversation; 2 is "Design". */
async function world({ aheadMs = 0 } = {}) {
  const app = await startApp()
  const [john, bill] = [await signIn(app.url, 'john'), await signIn(app.url, 'bill')]
  await bill.call('POST', '/api/conversations', { name: 'Design', userIds: [1] })
  const page = await openPage()
  await page.context().grantPermissions(['notifications'])
  await page.context().addInitScript(() => {
    globalThis.shownNotes = []
    globalThis.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options)
        globalThis.shownNotes.push(this)
      }
    }
  })
  await page.context().addInitScript((ms) => {
    const now = Date.now
    Date.now = () => now() + ms
  }, aheadMs)
  await signInAs(page, app, 'john')
  const dialog = await openSettings(page)
  await dialog.getByRole('switch', { name: 'Desktop notifications' }).click()
  await page.keyboard.press('Escape')
  return { app, page, john, bill }
}

async function openSettings(page: Page) {
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('button', { name: 'Notifications', exact: true }).click()
  return dialog
}

const shown = (page: Page) =>
  page.evaluate(() => globalThis.shownNotes.map(({ title, body }) => `${title}: ${body}`))

describe('desktop notifications', () => {
  test('tell of what I do not look at, and lead there', async () => {
    const { page, bill } = await world()
    await openConversation(page, 'Design')
    await send(bill, 2, 'in sight')
    await page.getByText('in sight').last().waitFor()
    await send(bill, 1, 'out of sight')
    await eventually(() => shown(page)).toEqual(['bill in First thread: out of sight'])
    await page.evaluate(() => globalThis.shownNotes[0]!.dispatchEvent(new Event('click')))
    await expectOpen(page, 'First thread')
  })

  test('come also where the clock of this device is ten minutes fast', async () => {
    const { page, bill } = await world({ aheadMs: 600_000 })
    await send(bill, 1, 'just now')
    await eventually(() => shown(page)).toEqual(['bill in First thread: just now'])
  })

  test('tell of a conversation that 500 others were more in use than', async () => {
    const { app, page, bill } = await world()
    await app.db.pool.query({
      text: `select create_conversation_2('Room ' || n, 'private', null, '{1,2}')
        from generate_series(1, 500) n`,
    })
    await page.reload()
    await listed(page, 'First thread').waitFor()
    // Notifications are loaded after what is seen first.
    const tried = async () => {
      await send(bill, 502, 'hello')
      return (await shown(page)).at(-1)
    }
    await eventually(tried).toBe('bill in Room 500: hello')
    await send(bill, 1, 'after a long time')
    await eventually(() => shown(page)).toContain('bill in First thread: after a long time')
  })

  test('obey what I have set for a conversation, and for myself', async () => {
    const { page, john, bill } = await world()
    const prefer = (preferences: object) =>
      john.call('PATCH', '/api/conversations/1/preferences', preferences)
    await prefer({ notify: 'mentions' })
    await send(bill, 1, 'not for me')
    await send(bill, 1, '@john for me')
    await eventually(() => shown(page)).toEqual(['bill in First thread: @john for me'])
    await prefer({ notify: 'all', muted: true })
    await listed(page, /Muted/).waitFor()
    await send(bill, 1, '@john but muted')
    await send(bill, 2, 'the next')
    await eventually(() => shown(page)).toHaveLength(2)

    const dialog = await openSettings(page)
    await dialog.getByRole('button', { name: '1 hour' }).click()
    await dialog.getByText(/^Paused until/).waitFor()
    await send(bill, 2, 'in the quiet hour')
    await listed(page, 'Design 2 unread').waitFor()
    await dialog.getByRole('button', { name: 'Resume now' }).click()
    await dialog.getByText(/^Paused until/).waitFor({ state: 'detached' })
    await send(bill, 2, 'afterwards')
    await eventually(() => shown(page)).toHaveLength(3)
    expect((await shown(page)).map((text) => text.split(': ')[1])).toEqual([
      '@john for me',
      'the next',
      'afterwards',
    ])
  })

  test('come from one of several tabs, and from none where one shows the message', async () => {
    const { app, page, bill } = await world()
    const second = await page.context().newPage()
    await second.goto(app.url)
    await listed(second, 'Design').waitFor()
    const all = async () => [...(await shown(page)), ...(await shown(second))]
    await send(bill, 1, 'once')
    await eventually(all).toEqual(['bill in First thread: once'])
    await openConversation(second, 'Design')
    await send(bill, 2, 'seen there')
    await second.getByText('seen there').last().waitFor()
    await send(bill, 1, 'and again')
    await eventually(all).toHaveLength(2)
    expect(await all()).not.toContain('bill in Design: seen there')
  })
})
