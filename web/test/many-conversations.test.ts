import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { signIn, startApp, type TestApp } from '../../server/test/app.ts'
import {
  composer,
  eventually,
  expectOpen,
  expectTexts,
  listed,
  openAs,
  openConversation,
  row,
} from './browser.ts'

const rooms = 600
const bill = 2

/** Rooms of john and bill, the oldest first. The server begins with the latest 500. */
async function manyRooms({ db }: TestApp): Promise<number[]> {
  const rows = await db.pool.query<{ id: number }>({
    text: `select (create_conversation_2('Room ' || lpad(n::text, 3, '0'), 'private', null, '{1,2}')).id
      from generate_series(1, $1) n`,
    values: [rooms],
  })
  return rows.map(({ id }) => id)
}

/** Writes past the server, as another node would. */
const store = async ({ db }: TestApp, conversationId: number, content: string) =>
  db.messages.send({ conversationId, userId: bill, clientKey: randomUUID(), content })

test('whoever is in 600 conversations sees all of them, and what is new in each', async () => {
  const app = await startApp()
  const ids = await manyRooms(app)
  const [oldest, second, third] = ids as [number, number, number]
  const [here, there] = [await signIn(app.url, 'john'), await signIn(app.url, 'bill')]
  const say = (id: number, content: string) =>
    there.call('POST', `/api/conversations/${id}/messages`, { content, clientKey: randomUUID() })

  const page = await openAs('john', app, { conversation: 'Room 001', cuts: true })
  const all = listed(page, /Room/)
  await eventually(() => all.count()).toBe(rooms)
  await say(oldest, 'live')
  await expectTexts(page, ['live'])
  await say(second, 'news')
  await eventually(() => all.first().textContent()).toMatch(/Room 002.*news/)

  await here.call('POST', `/api/conversations/${third}/leave`)
  await eventually(() => all.count()).toBe(rooms - 1)
  expect(await listed(page, /Room 003/).count()).toBe(0)

  await openConversation(page, 'Room 004')
  await page.reload()
  await expectOpen(page, 'Room 004')
  await say(ids[3]!, 'after the reload')
  await expectTexts(page, ['after the reload'])
})

test('after a lost connection the list is whole again, whatever was in use meanwhile', async () => {
  const app = await startApp()
  const ids = await manyRooms(app)
  /** The last of those that the server begins with. */
  const [second, shown] = [ids[1]!, ids.at(-500)!]
  await store(app, shown, 'tpyo')
  await app.db.pool.query({
    text: `update chat_messages m set created_at = c.created_at
      from conversations c where c.id = m.conversation_id`,
  })
  const [message] = await app.db.messages.newest(shown, 1)
  const page = await openAs('john', app, { conversation: 'Room 101', cuts: true })
  const all = listed(page, /Room/)
  await eventually(() => all.count()).toBe(rooms)
  await row(page, 'tpyo').waitFor()
  await composer(page).evaluate((box) => (box.dataset['here'] = 'before'))

  await app.stop()
  for (const id of ids.slice(20, 50)) await store(app, id, 'meanwhile')
  await app.db.messages.edit(message!.id, bill, undefined, 'typo')
  await app.db.members.remove(second, 1, 1)
  await app.start()
  await eventually(() => all.first().textContent()).toMatch(/Room 050.*meanwhile/)
  await row(page, 'typo').waitFor()
  await eventually(() => all.count()).toBe(rooms - 1)
  expect(await listed(page, /Room 002/).count()).toBe(0)
  expect(await composer(page).getAttribute('data-here')).toBe('before')
})
