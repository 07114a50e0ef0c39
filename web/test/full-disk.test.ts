import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startApp, type TestApp } from '../../server/test/app.ts'
import { mayMount, mountSmallDisk } from '../../server/test/small-disk.ts'
import {
  aProfile,
  composer,
  eventually,
  expectTexts,
  openConversation,
  row,
  signInAs,
  write,
} from './browser.ts'
import { aProxy } from './proxy.ts'

/** A browser whose databases have a disk of their own. */
async function aProfileOnSmallDisk() {
  const profile = await aProfile()
  const directory = join(profile.folder, 'Default/IndexedDB')
  await mkdir(directory, { recursive: true })
  const disk = mountSmallDisk(directory, 16)
  onTestFinished(() => disk.unmount())
  return { ...profile, fillDisk: disk.fill }
}

const stored = async ({ db }: TestApp) =>
  (await db.messages.newest(1, 10)).map(({ content }) => content)

test.skipIf(!mayMount())(
  'on a full disk what is written is sent, once; without a connection it says what would get lost',
  async () => {
    const app = await startApp()
    const proxy = await aProxy(app)
    const profile = await aProfileOnSmallDisk()
    const mayReport = /^(no copy of|this browser (keeps nothing|does not))/
    const page = await profile.open({ mayReport })
    await signInAs(page, proxy, 'john')
    await openConversation(page, 'First thread')
    await profile.fillDisk()
    await write(page, 'with a connection')
    await eventually(() => stored(app)).toEqual(['with a connection'])
    await proxy.cut()
    await page.getByText('No connection.').waitFor()
    await write(page, 'without one')
    await page.getByText('This browser keeps nothing when the page closes.').waitFor()
    await row(page, 'without one').getByText('Waiting for the connection').waitFor()
    await proxy.mend()
    await eventually(() => stored(app)).toEqual(['with a connection', 'without one'])
    await page.reload()
    await expectTexts(page, ['with a connection', 'without one'])
    expect(await composer(page).inputValue()).toBe('')
  },
)
