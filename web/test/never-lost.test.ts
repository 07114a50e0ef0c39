import type { Message } from '@parley/protocol/resources'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type Browser, signIn, startApp, type TestApp } from '../../server/test/app.ts'
import { backupOf } from '../../server/test/backups.ts'
import {
  aProfile,
  composer,
  eventually,
  expectOpen,
  expectTexts,
  openAs,
  openConversation,
  row,
  signInAs,
  write,
} from './browser.ts'
import { countKept, readyForOffline } from './kept.ts'

const stored = async ({ db }: TestApp) =>
  (await db.messages.newest(1, 1_000)).map(({ content }) => content)

/** A browser that is killed may have forgotten its newest cookies. */
async function comeBack(page: Page, { url }: { url: string }): Promise<void> {
  await page.goto(`${url}/c/1`)
  if (new URL(page.url()).pathname !== '/login') return
  await signInAs(page, { url }, 'john')
  await page.goto(`${url}/c/1`)
}

/** The texts of what is pinned in "First thread", and of what this person has saved. */
async function pinnedAndSaved(api: Browser): Promise<string[][]> {
  const pinned = (await api.call('GET', '/api/conversations/1/pinned')).body
  const saved = (await api.call('GET', '/api/saved')).body
  return [
    pinned.messages.map(({ content }: Message) => content),
    saved.saved.map(({ message }: { message: Message }) => message.content),
  ]
}

test('what waits for the connection survives that the browser is killed, and leaves in order', async () => {
  const app = await startApp()
  const profile = await aProfile()
  const before = await profile.open()
  await signInAs(before, app, 'john')
  await openConversation(before, 'First thread')
  await app.stop()
  for (const text of ['one', 'two', 'three']) {
    await write(before, text)
    await row(before, text).getByText('Waiting for the connection').waitFor()
  }
  await profile.kill(before)
  await app.start()
  const after = await profile.open()
  await comeBack(after, app)
  await expectTexts(after, ['one', 'two', 'three'])
  await eventually(() => stored(app)).toEqual(['one', 'two', 'three'])
  await eventually(() => after.getByText('Waiting for').count()).toBe(0)
})

test('what is half written survives that the browser is killed', async () => {
  const app = await startApp()
  const profile = await aProfile()
  const before = await profile.open()
  await signInAs(before, app, 'john')
  await openConversation(before, 'First thread')
  await write(before, 'sent')
  await expectTexts(before, ['sent'])
  await row(before, 'sent').hover()
  await row(before, 'sent').getByRole('button', { name: 'Edit' }).click()
  await before.getByRole('textbox', { name: 'Edit message' }).fill('sent, and better')
  await composer(before).fill('a long story that')
  await eventually(() => countKept(before, 'drafts')).toBe(2)
  await profile.kill(before)
  const after = await profile.open()
  await comeBack(after, app)
  await expectOpen(after, 'First thread')
  expect(await composer(after).inputValue()).toBe('a long story that')
  await row(after, 'sent').hover()
  await row(after, 'sent').getByRole('button', { name: 'Edit' }).click()
  const edit = after.getByRole('textbox', { name: 'Edit message' })
  expect(await edit.inputValue()).toBe('sent, and better')
})

test('two tabs show the same queue, and the one that stays sends what the other left', async () => {
  const app = await startApp()
  const first = await openAs('john', app, { cuts: true })
  const second = await first.context().newPage()
  await second.goto(`${app.url}/c/1`)
  await expectOpen(second, 'First thread')
  await app.stop()
  await write(first, 'from the first')
  await row(second, 'from the first').getByText('Waiting for the connection').waitFor()
  await write(second, 'from the second')
  await row(first, 'from the second').getByText('Waiting for the connection').waitFor()
  await write(first, 'from the first again')
  const all = ['from the first', 'from the second', 'from the first again']
  await expectTexts(first, all)
  await expectTexts(second, all)
  await first.close()
  await app.start()
  await eventually(() => stored(app)).toEqual(all)
  await expectTexts(second, all)
  await eventually(() => second.getByText('Waiting for').count()).toBe(0)
})

test('two tabs that write at once send everything once, and both show one order', async () => {
  const app = await startApp()
  const first = await openAs('john', app)
  const second = await first.context().newPage()
  await second.goto(`${app.url}/c/1`)
  await expectOpen(second, 'First thread')
  const numbers = Array.from({ length: 15 }, (_, index) => index + 1)
  for (const number of numbers) {
    await write(first, `first ${number}`)
    await write(second, `second ${number}`)
  }
  await eventually(async () => (await stored(app)).length).toBe(30)
  const all = await stored(app)
  for (const name of ['first', 'second'])
    expect(all.filter((text) => text.startsWith(name))).toEqual(
      numbers.map((number) => `${name} ${number}`),
    )
  await eventually(() => first.getByText('Sending').count()).toBe(0)
  await expectTexts(first, all)
  await expectTexts(second, all)
})

test('a draft is in the other tab too, but never typed into by it', async () => {
  const app = await startApp()
  const first = await openAs('john', app)
  const second = await first.context().newPage()
  await second.goto(`${app.url}/c/1`)
  await expectOpen(second, 'First thread')
  await first.bringToFront()
  await composer(second).blur()
  await composer(first).fill('written in the first')
  await eventually(() => composer(second).inputValue()).toBe('written in the first')
})

test('edits and deletions made without a connection are shown at once and happen when it is back', async () => {
  const app = await startApp()
  const [john, bill] = [
    await openAs('john', app, { cuts: true }),
    await openAs('bill', app, { cuts: true }),
  ]
  await write(john, 'to be edited')
  await write(john, 'to be deleted')
  await expectTexts(bill, ['to be edited', 'to be deleted'])
  await app.stop()
  for (const text of ['edited once', 'edited twice']) {
    await row(john, 'edited').hover()
    await row(john, 'edited').getByRole('button', { name: 'Edit' }).click()
    await john.getByRole('textbox', { name: 'Edit message' }).fill(text)
    await john.getByRole('button', { name: 'Save' }).click()
    await row(john, text).getByText('Waiting for the connection').waitFor()
  }
  await row(john, 'to be deleted').hover()
  await row(john, 'to be deleted').getByRole('button', { name: 'More actions' }).click()
  await john.getByRole('menuitem', { name: 'Delete' }).click()
  await john.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  const all = ['edited twiceedited', 'Message deleted']
  await expectTexts(john, all)
  await app.start()
  await expectTexts(bill, all)
  await eventually(() => john.getByText('Waiting for').count()).toBe(0)
  await expectTexts(john, all)
})

test('what is pinned and saved without a connection is so at once, over a reload, and for the server when it is back', async () => {
  const app = await startApp()
  const api = await signIn(app.url, 'bill')
  const page = await openAs('bill', app, { cuts: true, offline: true })
  await write(page, 'keep this')
  await row(page, 'keep this').waitFor()
  await eventually(() => page.locator('article.waiting').count()).toBe(0)
  await readyForOffline(page, 1, 2)
  await app.stop()
  for (const item of ['Pin to conversation', 'Save for later']) {
    await row(page, 'keep this').hover()
    await row(page, 'keep this').getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  await row(page, 'keep this').getByText('Pinned', { exact: true }).waitFor()
  await row(page, 'keep this').getByText('Saved', { exact: true }).waitFor()
  await page.reload()
  await row(page, 'keep this').getByText('Pinned', { exact: true }).waitFor()
  await app.start()
  await eventually(() => pinnedAndSaved(api)).toEqual([['keep this'], ['keep this']])
  await row(page, 'keep this').getByText('Saved', { exact: true }).waitFor()
})

test('an edit that the server refuses keeps its text until it is discarded', async () => {
  const app = await startApp()
  const john = await openAs('john', app, { cuts: true })
  await write(john, 'first version')
  await expectTexts(john, ['first version'])
  await eventually(() => stored(app)).toEqual(['first version'])
  await app.stop()
  await row(john, 'first version').hover()
  await row(john, 'first version').getByRole('button', { name: 'Edit' }).click()
  await john.getByRole('textbox', { name: 'Edit message' }).fill('second version')
  await john.getByRole('button', { name: 'Save' }).click()
  await row(john, 'second version').getByText('Waiting for the connection').waitFor()
  const id = (await app.db.messages.newest(1, 1))[0]!.id
  await app.db.messages.delete(id, 1)
  await app.start()
  await john.getByText('Not saved.').waitFor()
  await john.getByText('second version').waitFor()
  await john.getByRole('button', { name: 'Discard' }).click()
  await expectTexts(john, ['Message deleted'])
  await eventually(() => john.getByRole('article').getByText('Not saved.').count()).toBe(0)
})

test('what a closed page sent before an older backup was restored comes back with the next page', async () => {
  const app = await startApp()
  const john = await openAs('john', app)
  await write(john, 'before')
  await eventually(() => stored(app)).toEqual(['before'])
  const backup = await backupOf(app.db)
  await write(john, 'after')
  await eventually(() => stored(app)).toEqual(['before', 'after'])
  await eventually(() => john.getByText('Sending').count()).toBe(0)
  const context = john.context()
  await john.close()
  await backup.restore()
  await eventually(() => stored(app)).toEqual(['before'])
  const again = await context.newPage()
  await again.goto(`${app.url}/c/1`)
  await expectTexts(again, ['before', 'after'])
  await eventually(() => stored(app)).toEqual(['before', 'after'])
})
