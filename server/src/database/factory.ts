/** Fills a database with made-up users, conversations and messages, fast and as the rules demand. */
import type { ConversationId, UserId } from '@parley/protocol/ids'
import { usernameKey } from '@parley/protocol/usernames'
import { demoUsernames } from './demo.ts'
import {
  below,
  fakeConversationName,
  fakeMessage,
  fakeUsername,
  randomFrom,
  type Random,
} from './factory-words.ts'
import { addMessages, readAlmostAll, startOfHistory, type Target } from './factory-messages.ts'
import type { Pool } from './pool.ts'

export interface Amounts {
  users: number
  /** New ones, which get the messages; with 0 the existing ones get them. */
  conversations: number
  messages: number
}

const messagesPerBatch = 2_000
const membersMax = 12
/** No password has this hash: nobody signs in as a made-up user before one is set. */
const unusableHash = '!'

/**
 * Everything it writes is on the number lines without holes, also beside a running server. The newest
 * message is from now, the first one from 90 days ago.
 * @param onProgress how many messages are written
 * @returns what there is now in addition
 */
export async function seedMany(
  pool: Pool,
  amounts: Amounts,
  onProgress: (messages: number) => void,
): Promise<Amounts> {
  const random = randomFrom(1)
  const people = await addUsers(pool, amounts.users)
  const targets =
    amounts.conversations > 0
      ? await addConversations(pool, amounts.conversations, people, random)
      : await existingTargets(pool)
  const messages = targets.length > 0 ? amounts.messages : 0
  const since = await startOfHistory(pool, targets)
  for (let written = 0; written < messages;) {
    const count = Math.min(messagesPerBatch, messages - written)
    const batch = Array.from({ length: count }, (_, index) => {
      const target = targets[skewed(random, targets.length)]!
      const share = (written + index + 1) / messages
      return {
        conversationId: target.id,
        userId: target.memberIds[skewed(random, target.memberIds.length)]!,
        content: fakeMessage(random),
        createdAtMs: since + (Date.now() - since) * share,
      }
    })
    await addMessages(pool, batch)
    written += count
    onProgress(written)
  }
  if (amounts.conversations > 0) await readAlmostAll(pool, targets)
  return { ...amounts, conversations: amounts.conversations && targets.length, messages }
}

/** Some people and rooms are much busier than others. */
const skewed = (random: Random, end: number): number => Math.floor(random() ** 2 * end)

/** The new ones, or everybody where none are wanted; the demo's users first. */
async function addUsers(pool: Pool, count: number): Promise<UserId[]> {
  const idsOf = (rows: { id: UserId }[]) => rows.map(({ id }) => id)
  const demo = await pool.query<{ id: UserId }>({
    text: 'select id from users where username_key = any($1) and disabled_at is null order by id',
    values: [demoUsernames.map(usernameKey)],
  })
  const [existing] = await pool.query<{ count: number }>({
    text: 'select count(*) from users',
  })
  const added: UserId[] = []
  for (let next = Math.max(0, existing!.count - demo.length); added.length < count;) {
    const names = Array.from({ length: count - added.length }, (_, n) => fakeUsername(next + n))
    next += names.length
    const rows = await pool.query<{ id: UserId }>({
      text: `insert into users (username, username_key, password_hash)
        select name, key, $3 from unnest($1::text[], $2::text[]) n(name, key)
        on conflict (username_key) do nothing returning id`,
      values: [names, names.map(usernameKey), unusableHash],
    })
    added.push(...idsOf(rows))
  }
  if (added.length > 0) return [...idsOf(demo), ...added]
  return idsOf(
    await pool.query<{ id: UserId }>({
      text: 'select id from users where disabled_at is null order by id limit 1000',
    }),
  )
}

async function addConversations(
  pool: Pool,
  count: number,
  people: UserId[],
  random: Random,
): Promise<Target[]> {
  const targets: Target[] = []
  while (targets.length < count && people.length > 0) {
    const size = Math.min(people.length, 2 + below(random, membersMax - 1))
    const others = Array.from({ length: size }, () => people[below(random, people.length)]!)
    const memberIds = [...new Set([...people.slice(0, 2), ...others])]
    const rows = await pool.query<{ id: ConversationId }>({
      text: 'select id from create_conversation_2($1, $2, null, $3)',
      values: [fakeConversationName(random), random() < 0.7 ? 'public' : 'private', memberIds],
    })
    targets.push({ id: rows[0]!.id, memberIds })
  }
  return targets
}

const existingTargets = (pool: Pool): Promise<Target[]> =>
  pool.query<Target>({
    text: `select c.id, (select json_agg(m.user_id) from (
        select user_id from members where conversation_id = c.id order by user_id limit 100) m) as "memberIds"
      from conversations c where exists (select from members m where m.conversation_id = c.id)
      order by c.id limit 1000`,
  })
