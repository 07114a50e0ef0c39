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

/** More than fits into what is left of a block that a file has already. */
const long = (text: string) => `${text} ${'ồ'.repeat(9_000)}`

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
    const [online, offline] = [long('with a connection'), long('without one')]
    await profile.fillDisk()
    await write(page, online)
    await eventually(() => stored(app)).toEqual([online])
    await proxy.cut()
    await page.getByText('No connection.').waitFor()
    // A browser that tidies up makes room.
    await profile.fillDisk()
    await write(page, offline)
    await page.getByText('This browser keeps nothing when the page closes.').waitFor()
    await row(page, 'without one').getByText('Waiting for the connection').waitFor()
    await proxy.mend()
    await eventually(() => stored(app)).toEqual([online, offline])
    await page.reload()
    await expectTexts(page, [online, offline])
    expect(await composer(page).inputValue()).toBe('')
  },
)
