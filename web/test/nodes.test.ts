import { test } from 'vitest'
import { aCluster } from '../../server/test/app.ts'
import { composer, expectOpen, expectTexts, listed, openAs, row, write } from './browser.ts'

/** John's page is at one node, and bill's at the other. */
async function johnAndBillApart() {
  const nodes = await aCluster()
  const [john, bill] = await Promise.all([openAs('john', nodes[0]!), openAs('bill', nodes[1]!)])
  return { john, bill }
}

test('on two nodes with PostgreSQL and Redis two people talk as if they were on one', async () => {
  const { john, bill } = await johnAndBillApart()
  for (const page of [john, bill])
    await page.getByRole('button', { name: '2 members' }).getByText('2 online').waitFor()

  await composer(bill).pressSequentially('on my')
  await john.getByText('bill is typing…').waitFor()
  await write(bill, 'on my way')
  await expectTexts(john, ['on my way'])
  await write(john, 'take your time')
  for (const page of [john, bill]) await expectTexts(page, ['on my way', 'take your time'])
  await row(john, 'take your time').getByRole('button', { name: 'Seen by bill' }).waitFor()

  await row(bill, 'take your time').focus()
  await bill.keyboard.press('+')
  await bill.getByLabel('Search emoji').fill('thumbs up')
  await bill.getByRole('gridcell', { name: 'thumbs up', exact: true }).click()
  await row(john, 'take your time').getByRole('button', { name: '👍 bill' }).waitFor()
  await composer(bill).focus()
  await bill.keyboard.press('ArrowUp')
  await bill.getByRole('textbox', { name: 'Edit message' }).fill('nearly there')
  await bill.keyboard.press('Enter')
  await row(john, 'nearly there').getByText('edited').waitFor()

  await bill.getByRole('link', { name: 'Parley' }).click()
  await write(john, '@bill there you are')
  await listed(bill, 'First thread 1 mention').waitFor()
  await bill.getByRole('link', { name: /^Mentions/ }).click()
  await bill.getByRole('main').getByText('there you are').click()
  await expectOpen(bill, 'First thread')
  await row(bill, 'there you are').waitFor()
  await listed(bill, 'First thread 1 mention').waitFor({ state: 'detached' })

  await john.getByRole('button', { name: 'Conversation options' }).click()
  await john.getByRole('menu').getByText('Conversation settings', { exact: true }).click()
  const settings = john.getByRole('dialog', { name: 'Conversation settings' })
  await settings.getByLabel('Name').fill('Lunch')
  await settings.getByRole('button', { name: 'Save' }).click()
  await expectOpen(bill, 'Lunch')
  await bill.context().close()
  await john.getByRole('button', { name: '2 members' }).getByText('1 online').waitFor()
})
