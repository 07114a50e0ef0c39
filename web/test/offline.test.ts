import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../../server/test/app.ts'
import {
  aProfile,
  composer,
  eventually,
  expectOpen,
  expectTexts,
  fillSignIn,
  listed,
  openAs,
  openConversation,
  openPage,
  row,
  signInAs,
  write,
} from './browser.ts'
import { countKept, keptDatabases, readyForOffline } from './kept.ts'

const options = { offline: true, cuts: true }

const stored = async ({ db }: TestApp) =>
  (await db.messages.newest(1, 1_000)).map(({ content }) => content)

test('without the server the page opens with the last messages, and what is written survives reloads', async () => {
  const app = await startApp()
  const page = await openAs('john', app, options)
  await write(page, 'while there was a server')
  await eventually(() => stored(app)).toEqual(['while there was a server'])
  await readyForOffline(page)
  await app.stop()
  await page.reload()
  await expectOpen(page, 'First thread')
  await expectTexts(page, ['while there was a server'])
  await write(page, 'without one')
  await row(page, 'without one').getByText('Waiting for the connection').waitFor()
  await page.goto(app.url)
  await listed(page, 'First thread').click()
  await expectTexts(page, ['while there was a server', 'without one'])
  await row(page, 'without one').getByText('Waiting for the connection').waitFor()
  await app.start()
  await eventually(() => stored(app)).toEqual(['while there was a server', 'without one'])
  await eventually(() => page.getByText('Waiting for').count()).toBe(0)
  await expectTexts(page, ['while there was a server', 'without one'])
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
})

test('a connection lost while the page comes up does not keep it from opening without the server later', async () => {
  const app = await startApp()
  const page = await openPage(options)
  const failed: string[] = []
  for (const file of ['/assets/after-first-screen-*.js', '/sw.js'])
    await page.context().route(`**${file}`, (route) => {
      if (failed.includes(file)) return route.continue()
      failed.push(file)
      return route.abort('internetdisconnected')
    })
  await signInAs(page, app, 'john')
  await openConversation(page, 'First thread')
  await write(page, 'stored')
  await readyForOffline(page)
  expect(failed).toHaveLength(2)
  await app.stop()
  await page.reload()
  await expectTexts(page, ['stored'])
})

test('a killed browser opens without the server too, with what waits', async () => {
  const app = await startApp()
  const profile = await aProfile()
  const before = await profile.open()
  await signInAs(before, app, 'john')
  await openConversation(before, 'First thread')
  await write(before, 'stored')
  await eventually(() => stored(app)).toEqual(['stored'])
  await readyForOffline(before)
  await app.stop()
  await write(before, 'waiting')
  await row(before, 'waiting').getByText('Waiting for the connection').waitFor()
  await profile.kill(before)
  const after = await profile.open()
  await after.goto(`${app.url}/c/1`)
  await expectTexts(after, ['stored', 'waiting'])
})

test('what changed meanwhile follows, and what is not mine any more goes', async () => {
  const app = await startApp()
  const page = await openAs('john', app, options)
  await write(page, 'old')
  await eventually(() => stored(app)).toEqual(['old'])
  await readyForOffline(page)
  await page.goto('about:blank')
  const { id } = (await app.db.messages.newest(1, 1))[0]!
  await app.db.messages.edit(id, 1, undefined, 'old, but edited')
  for (let number = 1; number <= 3; number++) {
    const clientKey = crypto.randomUUID()
    const content = `new ${number}`
    await app.db.messages.send({ conversationId: 1, userId: 2, clientKey, content })
  }
  await page.goto(`${app.url}/c/1`)
  await expectTexts(page, ['old, but editededited', 'new 1', 'new 2', 'new 3'])
  await page.goto('about:blank')
  await app.db.pool.query({ text: 'delete from members where user_id = 1' })
  await page.goto(app.url)
  await page.getByText('You are in no conversation yet.').waitFor()
})

test('signing out asks about what waits, and leaves nothing in the browser', async () => {
  const app = await startApp()
  const page = await openAs('john', app, options)
  await write(page, 'private words')
  await composer(page).fill('half a thought')
  await eventually(() => stored(app)).toEqual(['private words'])
  await readyForOffline(page)
  await app.db.pool.query({ text: 'delete from members where user_id = 1' })
  await write(page, 'refused words')
  await page.getByText('Not sent.').waitFor()
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  const dialog = page.getByRole('dialog', { name: 'Sign out now?' })
  await dialog.getByText('1 message is not sent yet.').waitFor()
  await dialog.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
  await eventually(() => keptDatabases(page)).toEqual([])
  await app.stop()
  await page.goto(app.url)
  await page.getByText('No connection.').waitFor()
  expect(await page.content()).not.toMatch(/private words|First thread|half a thought|john/)
})

test('signing out without a connection says that it needs one, and works when it is back', async () => {
  const app = await startApp()
  const page = await openAs('john', app, options)
  await write(page, 'before the tunnel')
  await readyForOffline(page)
  await app.stop()
  await page.reload()
  await expectOpen(page, 'First thread')
  const signOut = async () => {
    await page.getByRole('button', { name: 'Account of john' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
  }
  const noConnection = page.getByText('No connection.')
  await noConnection.waitFor()
  await signOut()
  const dialog = page.getByRole('dialog', { name: 'Sign out now?' })
  await dialog.getByText('Signing out needs a connection.').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await app.start()
  await noConnection.waitFor({ state: 'detached' })
  await signOut()
  await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
})

test('whoever signs in next in the same browser finds nothing of the one before', async () => {
  const app = await startApp()
  const page = await openAs('john', app, options)
  await write(page, 'between us')
  await eventually(() => stored(app)).toEqual(['between us'])
  await composer(page).fill('half a thought')
  await eventually(() => countKept(page, 'drafts')).toBe(1)
  await readyForOffline(page)
  // The login ends without a word, as when it is revoked elsewhere.
  await page.context().clearCookies()
  await page.goto(app.url)
  await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
  await eventually(() => countKept(page, 'pages')).toBe(0)
  expect(await countKept(page, 'drafts')).toBe(1)
  await fillSignIn(page, 'bill', 'secret')
  await page.getByRole('button', { name: 'Account of bill' }).waitFor()
  await eventually(() => keptDatabases(page)).toEqual(['parley-user-2'])
  await app.stop()
  await page.reload()
  await page.getByRole('button', { name: 'Account of bill' }).waitFor()
  expect(await page.content()).not.toMatch(/half a thought|Account of john/)
})
