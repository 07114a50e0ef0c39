import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { signIn, startApp } from '../../server/test/app.ts'
import { aProxy } from './proxy.ts'
import { eventually, openAs, row, signInAs, openPage, write } from './browser.ts'

const membersButton = (page: Page) => page.getByRole('button', { name: '2 members' })
const receipt = (page: Page, text: string, name: string | RegExp) =>
  row(page, text).getByRole('button', { name })

describe('who is online', () => {
  test('is counted above the conversation and marked in the list of members', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    await membersButton(john).getByText('1 online').waitFor()
    const bill = await openAs('bill', app)
    await membersButton(john).getByText('2 online').waitFor()
    await membersButton(john).click()
    const listed = john.getByRole('dialog').getByRole('listitem').filter({ hasText: 'bill' })
    await listed.getByText('Online').waitFor()
    await bill.context().close()
    await listed.getByText('Online').waitFor({ state: 'detached' })
    await membersButton(john).getByText('1 online').waitFor()
  })

  test('is right after a time without connection, in which others came', async () => {
    const app = await startApp()
    const proxy = await aProxy(app)
    const john = await openAs('john', proxy, { cuts: true })
    await membersButton(john).getByText('1 online').waitFor()
    await proxy.cut()
    await john.getByText('No connection.').waitFor()
    await membersButton(john).getByText('online').waitFor({ state: 'detached' })
    await openAs('bill', app)
    await proxy.mend()
    await membersButton(john).getByText('2 online').waitFor()
  })
})

describe('who is typing', () => {
  test('stands above the field until they write, and not for oneself', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    const [johnApi, billApi] = [await signIn(app.url, 'john'), await signIn(app.url, 'bill')]
    const type = (api: typeof billApi) => api.call('POST', '/api/conversations/1/typing', {})
    const line = john.getByText(/typing…$/)
    await type(johnApi)
    await type(billApi)
    await john.getByText('bill is typing…', { exact: true }).waitFor()
    await billApi.call('POST', '/api/conversations/1/messages', {
      content: 'here it is',
      clientKey: crypto.randomUUID(),
    })
    await row(john, 'here it is').waitFor()
    await line.waitFor({ state: 'detached' })
  })

  test('nothing moves when somebody begins', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    await write(john, 'stay where you are')
    const place = () => row(john, 'stay where you are').boundingBox()
    await receipt(john, 'stay', 'Sent').waitFor()
    const before = await place()
    const api = await signIn(app.url, 'bill')
    await api.call('POST', '/api/conversations/1/typing', {})
    await john.getByText('bill is typing…').waitFor()
    expect(await place()).toEqual(before)
  })
})

describe('my own message', () => {
  test('is sent, then delivered to a device, then seen by somebody', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    await write(john, 'are you there?')
    await receipt(john, 'are you there?', 'Sent').waitFor()
    const bill = await openPage()
    await signInAs(bill, app, 'bill')
    await receipt(john, 'are you there?', 'Delivered').waitFor()
    await bill.getByRole('link', { name: 'First thread' }).click()
    await receipt(john, 'are you there?', 'Seen by bill').click()
    const seen = john.getByRole('dialog').getByRole('list', { name: 'Seen' })
    await seen.getByText('bill', { exact: true }).waitFor()
    expect(await seen.getByRole('listitem').count()).toBe(1)
    await john.keyboard.press('Escape')
    await seen.waitFor({ state: 'detached' })
    await eventually(() => receipt(john, 'are you there?', /Seen/).evaluate(isFocused)).toBe(true)
  })

  test('the mark moves on to the next one, and stays where a reader stands', async () => {
    const app = await startApp()
    const [john, bill] = await Promise.all([openAs('john', app), openAs('bill', app)])
    await write(john, 'the first')
    await receipt(john, 'the first', 'Seen by bill').waitFor()
    await bill.goto(`${app.url}/`)
    await write(john, 'the second')
    await receipt(john, 'the second', 'Delivered').waitFor()
    expect(await receipt(john, 'the first', 'Seen by bill').count()).toBe(1)
    await bill.getByRole('link', { name: 'First thread' }).click()
    await receipt(john, 'the second', 'Seen by bill').waitFor()
    await receipt(john, 'the first', /Seen/).waitFor({ state: 'detached' })
  })
})

const isFocused = (element: Element): boolean => document.activeElement === element
