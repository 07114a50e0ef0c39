import { expect, test, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Connection } from '../realtime/connection.ts'
import { useMessageActions } from './message-actions.ts'
import { useMessages } from './messages.ts'
import { followSaved } from './saved-marks.ts'
import { useSaved } from './saved.ts'
import { useSession } from './session.ts'
import { aMessage, john } from './testing/builders.ts'
import { aPage } from './testing/stores.ts'

const message = aMessage(3)
const { id } = message

/** A page that asked what is kept; `answer` is what the server says of it from then on. */
async function aSavingPage() {
  let saved: number[] = []
  let release = () => {}
  const call = async (name: string) => {
    if (name !== 'messages.saved') return {}
    const page = { saved: saved.map((id) => ({ message: { id }, savedAt: 'x' })), more: false }
    await new Promise<void>((resolve) => (release = resolve))
    return page
  }
  aPage(call)
  followSaved({ call } as unknown as Connection)
  const answered = async () => {
    release()
    await new Promise((resolve) => setTimeout(resolve))
  }
  async function reconnect(now: number[]): Promise<void> {
    useSession().disconnected()
    await nextTick()
    saved = now
    useSession().connected(john, Date.now())
    await nextTick()
  }
  await answered()
  return { reconnect, answered }
}

test('what I kept on the phone during a cut is marked after it, also what I had let go here before', async () => {
  const page = await aSavingPage()
  useSaved().hear(id, true)
  useSaved().hear(id, false)
  await page.reconnect([id])
  await page.answered()
  expect(useMessageActions().isSaved(id)).toBe(true)
})

test('what I let go on the phone during a cut is not marked after it', async () => {
  const page = await aSavingPage()
  useSaved().hear(id, true)
  await page.reconnect([])
  await page.answered()
  expect(useMessageActions().isSaved(id)).toBe(false)
})

test('what I do while the server answers is newer than its answer', async () => {
  const page = await aSavingPage()
  await page.reconnect([id])
  useSaved().hear(id, true)
  useSaved().hear(id, false)
  await page.answered()
  expect(useMessageActions().isSaved(id)).toBe(false)
})

test('what the server does not have yet is marked as I want it', async () => {
  const page = await aSavingPage()
  useMessageActions().save(message, true)
  await vi.waitUntil(() => useMessages().allUnstored().length === 1)
  await page.reconnect([])
  await page.answered()
  expect(useMessageActions().isSaved(id)).toBe(true)
})
