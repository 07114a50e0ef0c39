import { describe, expect, test } from 'vitest'
import { signIn, startApp } from '../../server/test/app.ts'
import { expectOpen, expectTexts, listed, openAs, openConversation, row, write } from './browser.ts'

describe('people', () => {
  test('a profile tells who wrote, and leads to a conversation of two', async () => {
    const app = await startApp()
    const [john, bill] = await Promise.all([openAs('john', app), openAs('bill', app)])
    await bill.getByRole('button', { name: 'Account of bill' }).click()
    await bill.getByRole('button', { name: 'Settings' }).click()
    const dialog = bill.getByRole('dialog', { name: 'Settings' })
    await dialog.getByLabel('Full name').fill('Bill Hill')
    await dialog.getByLabel('About').fill('Counts things.')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Saved.').waitFor()
    await bill.keyboard.press('Escape')
    await write(bill, 'hello')

    await row(john, 'hello').getByRole('button', { name: 'bill', exact: true }).click()
    const card = john.getByRole('dialog', { name: 'Profile of bill' })
    await card.getByRole('heading', { name: 'Bill Hill' }).waitFor()
    await card.getByText('Counts things.').waitFor()
    await card.getByText('Online').waitFor()
    await card.getByRole('button', { name: 'Message' }).click()
    await expectOpen(john, 'bill')
    await write(john, 'only for you')
    await listed(bill, /^john/).click()
    await expectTexts(bill, ['only for you'])
  })

  test('the card opens from the list of members too', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    await john.getByRole('button', { name: '2 members' }).click()
    await john.getByRole('button', { name: 'Profile of bill' }).click()
    const card = john.getByRole('dialog', { name: 'Profile of bill' })
    await card.getByRole('button', { name: 'Message' }).click()
    await expectOpen(john, 'bill')
    expect(await john.getByRole('dialog').count()).toBe(0)
  })
})

describe('mentions', () => {
  test('are collected, new ones at once, and lead to where they were said', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    const bill = await signIn(app.url, 'bill')
    const mention = (content: string) => {
      const message = { content, clientKey: crypto.randomUUID() }
      return bill.call('POST', '/api/conversations/1/messages', message)
    }
    await john.goto(`${app.url}/mentions`)
    await john.getByText('Nobody has mentioned you yet').waitFor()
    expect(await john.getByRole('alert').count()).toBe(0)
    await openConversation(john, 'First thread')
    await mention('@john the first')
    await john.getByRole('link', { name: /^Mentions/ }).click()
    const list = john.getByRole('main').getByRole('list', { name: 'Mentions' })
    await list.getByText('@john the first').waitFor()
    await mention('not for him')
    await mention('@john the second')
    await expect.poll(() => list.getByRole('link').evaluateAll((links) => links.length)).toBe(2)
    expect(await list.getByRole('link').first().textContent()).toContain('@john the second')
    await john.reload()
    await list.getByText('@john the second').click()
    await expectOpen(john, 'First thread')
  })
})
