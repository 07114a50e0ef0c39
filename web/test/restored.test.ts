import { expect, test } from 'vitest'
import { backupOf } from '../../server/test/backups.ts'
import { startApp } from '../../server/test/app.ts'
import { expectTexts, openAs, write } from './browser.ts'

test('what open pages sent in the last minutes survives a restore of an older backup, once and in one order', async () => {
  const app = await startApp()
  const [john, bill] = [await openAs('john', app), await openAs('bill', app)]
  await write(john, 'hello bill')
  await expectTexts(bill, ['hello bill'])
  await write(bill, 'hello john')
  await expectTexts(john, ['hello bill', 'hello john'])
  const backup = await backupOf(app.db)
  await write(john, 'after the backup 1')
  await write(john, 'after the backup 2')
  await expectTexts(bill, ['hello bill', 'hello john', 'after the backup 1', 'after the backup 2'])
  await write(bill, 'after the backup 3')
  await expectTexts(john, [
    ...['hello bill', 'hello john'],
    ...['after the backup 1', 'after the backup 2', 'after the backup 3'],
  ])
  for (const page of [john, bill])
    await page.evaluate(() => ((globalThis as { sameDocument?: boolean }).sameDocument = true))

  await backup.restore()
  const stored = async () => (await app.db.messages.newest(1, 100)).map(({ content }) => content)
  await expect.poll(async () => (await stored()).length, { timeout: 15_000 }).toBe(5)
  const all = await stored()
  expect(all.slice(0, 2)).toEqual(['hello bill', 'hello john'])
  expect(all.filter((text) => text !== 'after the backup 3').slice(2)).toEqual([
    ...['after the backup 1', 'after the backup 2'],
  ])
  await write(bill, 'and on')
  for (const page of [john, bill]) {
    await expectTexts(page, [...all, 'and on'])
    expect(await page.evaluate(() => (globalThis as { sameDocument?: boolean }).sameDocument)).toBe(
      true,
    )
  }
  expect(await stored()).toEqual([...all, 'and on'])
})
