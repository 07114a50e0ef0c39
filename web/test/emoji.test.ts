import { expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import { composer, eventually, expectTexts, openAs } from './browser.ts'

test('an emoji is found by a word, picked with the keyboard and stands where the caret was', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  await composer(page).fill('well done!')
  await composer(page).press('ArrowLeft')
  await page.getByRole('button', { name: 'Emoji', exact: true }).click()
  const picker = page.getByRole('dialog', { name: 'Emoji' })
  await picker.getByRole('gridcell', { name: 'grinning face', exact: true }).waitFor()
  await page.keyboard.type('PÁRTY pop')
  await eventually(() => picker.getByRole('gridcell').count()).toBe(1)
  await page.keyboard.press('Enter')
  expect(await composer(page).inputValue()).toBe('well done🎉!')
  expect(await picker.count()).toBe(0)
  await page.keyboard.press('Enter')
  await expectTexts(page, ['well done🎉!'])
})

test('arrows move over the emoji, and what was picked is offered first the next time', async () => {
  const app = await startApp()
  const page = await openAs('john', app)
  const button = page.getByRole('button', { name: 'Emoji', exact: true })
  await button.click()
  const recent = page.getByRole('grid', { name: 'Recently used' }).getByRole('gridcell')
  await recent.first().waitFor()
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
  const focused = page.locator(':focus')
  expect(await focused.getAttribute('aria-label')).toBe('grinning face with big eyes')
  await page.keyboard.press('Enter')
  expect(await composer(page).inputValue()).toBe('😃')
  await button.click()
  await eventually(() => recent.first().textContent()).toContain('😃')
  await page.keyboard.press('Escape')
  expect(await page.getByRole('dialog', { name: 'Emoji' }).count()).toBe(0)
  await eventually(() => focused.getAttribute('aria-label')).toBe('Emoji')
})
