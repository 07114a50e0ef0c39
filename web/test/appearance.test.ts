import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import {
  eventually,
  expectOpen,
  expectTexts,
  listed,
  openAs,
  openPage,
  signInAs,
  write,
} from './browser.ts'

async function openAppearance(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Appearance and language' }).click()
}

const paper = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)

test('somebody whose browser prefers Vietnamese reads Vietnamese, from the sign-in form on', async () => {
  const app = await startApp()
  const page = await openPage({ locale: 'vi-VN' })
  await page.goto(app.url)
  await page.getByRole('heading', { name: 'Đăng nhập Parley' }).waitFor()
  await page.getByLabel('Tên đăng nhập').fill('john')
  await page.getByLabel('Mật khẩu').fill('wrong')
  await page.getByRole('button', { name: 'Đăng nhập' }).click()
  await page.getByText('Sai tên đăng nhập hoặc mật khẩu!').waitFor()
  await page.getByLabel('Tên đăng nhập').fill('john')
  await page.getByLabel('Mật khẩu').fill('secret')
  await page.getByRole('button', { name: 'Đăng nhập' }).click()
  await page.getByText('Chưa chọn cuộc trò chuyện').waitFor()
  expect(await page.getAttribute('html', 'lang')).toBe('vi')
})

test('a language that is chosen is shown at once and kept, also after signing out', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  await openAppearance(page)
  await page.getByLabel('Language').selectOption('Tiếng Việt')
  await page.getByRole('dialog', { name: 'Cài đặt' }).waitFor()
  await page.keyboard.press('Escape')
  await page.reload()
  await page.getByRole('button', { name: 'Tài khoản của john' }).click()
  await page.getByRole('button', { name: 'Đăng xuất' }).click()
  await page.getByRole('heading', { name: 'Đăng nhập Parley' }).waitFor()
})

test('a theme that is chosen is there before any script runs, also on the sign-in form', async () => {
  const app = await startApp()
  const page = await openAs('john', app, { cuts: true })
  const light = await paper(page)
  await openAppearance(page)
  await page.getByRole('radio', { name: 'Dark' }).check()
  await eventually(() => paper(page)).not.toBe(light)
  const dark = await paper(page)
  await page.keyboard.press('Escape')
  const body = await (await page.request.get(`${app.url}/`)).text()
  expect(body).toContain('data-theme="dark"')
  await page.route('**/*.js', (route) => route.abort())
  await page.context().clearCookies({ name: /login/ })
  await page.goto(`${app.url}/login`)
  expect(await page.getAttribute('html', 'data-theme')).toBe('dark')
  expect(dark).not.toBe(light)
})

test('written from right to left, the page is the mirror of itself', async () => {
  const app = await startApp()
  const page = await openPage()
  await signInAs(page, app, 'john')
  await listed(page, 'First thread').click()
  await expectOpen(page, 'First thread')
  await write(page, 'שלום')
  await expectTexts(page, ['שלום'])
  const centre = async (role: 'navigation' | 'log') => {
    const { x, width } = (await page.getByRole(role).first().boundingBox())!
    return x + width / 2
  }
  const before = [await centre('navigation'), await centre('log')]
  await page.evaluate(() => (document.documentElement.dir = 'rtl'))
  const after = [await centre('navigation'), await centre('log')]
  expect(before[0]).toBeLessThan(before[1]!)
  expect(after[0]).toBeGreaterThan(after[1]!)
  expect(after.map(Math.round)).toEqual(before.map((x) => Math.round(1_000 - x)))
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1_000)
})
