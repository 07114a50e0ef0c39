import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import { eventually, fillSignIn, openAs, openPage, row, write } from './browser.ts'

async function openSettings(page: Page, username: string, section: string) {
  await page.getByRole('button', { name: `Account of ${username}` }).click()
  await page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('button', { name: section, exact: true }).click()
  return dialog
}

describe('settings', () => {
  test('who switches read receipts off is not seen reading, and sees nobody read', async () => {
    const app = await startApp()
    const [john, bill] = await Promise.all([openAs('john', app), openAs('bill', app)])
    const marks = (page: Page, text: string) =>
      row(page, text).getByRole('button', { name: /^(Sent|Delivered|Seen)/ })
    await write(john, 'from john')
    await row(john, 'from john').getByRole('button', { name: 'Seen by bill' }).waitFor()

    const dialog = await openSettings(bill, 'bill', 'Privacy')
    const choice = dialog.getByRole('switch', { name: 'Read receipts' })
    await eventually(() => choice.isEnabled()).toBe(true)
    expect(await choice.isChecked()).toBe(true)
    await choice.click()
    await marks(john, 'from john').waitFor({ state: 'detached' })
    await bill.keyboard.press('Escape')
    await write(bill, 'from bill')
    await row(john, 'from bill').waitFor()
    await eventually(() => marks(bill, 'from bill').count()).toBe(0)

    await openSettings(bill, 'bill', 'Privacy')
    await eventually(() => choice.isEnabled()).toBe(true)
    await choice.click()
    await row(john, 'from john').getByRole('button', { name: 'Seen by bill' }).waitFor()
    await row(bill, 'from bill').getByRole('button', { name: 'Seen by john' }).waitFor()
  })

  test('a new password holds, and the browsers that are signed in are listed', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    const dialog = await openSettings(john, 'john', 'Security')
    await dialog.getByText('This browser').waitFor()
    const change = dialog.getByRole('button', { name: 'Change password' })
    await dialog.getByLabel('Current password').fill('not it')
    await dialog.getByLabel('New password').fill('a better secret')
    await change.click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Current password').fill('secret')
    await change.click()
    await dialog.getByText('Your password is changed.').waitFor()
    const other = await openPage()
    await other.goto(app.url)
    await fillSignIn(other, 'john', 'a better secret')
    await other.waitForURL(`${app.url}/`)
  })

  test('whoever lost a browser signs all the others out at once, and stays', async () => {
    const app = await startApp()
    const [here, there, elsewhere] = await Promise.all([1, 2, 3].map(() => openAs('john', app)))
    const dialog = await openSettings(here!, 'john', 'Security')
    await eventually(() => dialog.getByRole('button', { name: /^Revoke / }).count()).toBe(2)
    await dialog.getByRole('button', { name: 'Sign out all other browsers' }).click()
    for (const page of [there!, elsewhere!]) await page.waitForURL(`${app.url}/login`)
    await eventually(() => dialog.getByRole('button', { name: /^Revoke / }).count()).toBe(0)
    expect(await dialog.getByRole('button', { name: 'Sign out all other' }).count()).toBe(0)
    await here!.keyboard.press('Escape')
    await write(here!, 'still here')
    await row(here!, 'still here').waitFor()
  })
})
