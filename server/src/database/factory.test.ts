import { describe, expect, it } from 'vitest'
import { aUser, testDatabase } from '../../test/database.ts'
import { accountsIn } from './accounts.ts'
import { demoUsernames, seedDemo } from './demo.ts'
import { fakeUsername } from './factory-words.ts'
import { seedMany } from './factory.ts'
import { schemaIn } from './schema.ts'

const amounts = { users: 10, conversations: 4, messages: 5_000 }

describe('made-up messages', () => {
  it('stand on number lines without holes, ordered in time', async () => {
    const { pool } = await testDatabase()
    await seedDemo(pool, '!')
    const written: number[] = []
    expect(await seedMany(pool, amounts, (count) => written.push(count))).toEqual(amounts)
    expect(written).toEqual([2_000, 4_000, 5_000])
    const holes = await pool.query({
      text: `with entries as (
          select conversation_id, seq from chat_messages union all select conversation_id, seq from changes)
        select l.conversation_id from lines l join entries e using (conversation_id)
        group by l.conversation_id, l.last_seq, l.last_ordinal
        having count(*) <> l.last_seq or max(e.seq) <> l.last_seq or count(distinct e.seq) <> l.last_seq
          or l.last_ordinal <> (select count(*) from chat_messages m where m.conversation_id = l.conversation_id)`,
    })
    expect(holes).toEqual([])
    const backwards = await pool.query({
      text: `select from (select created_at - lag(created_at) over
        (partition by conversation_id order by seq) as step from chat_messages) m where step < '0'`,
    })
    expect(backwards).toEqual([])
  })

  it('continue what is there when no new conversations are wanted', async () => {
    const { pool } = await testDatabase()
    await seedDemo(pool, '!')
    await seedMany(pool, { users: 0, conversations: 0, messages: 30 }, () => {})
    const lines = await pool.query({ text: 'select last_seq, last_ordinal from lines' })
    expect(lines).toEqual([{ last_seq: 32, last_ordinal: 30 }])
  })

  it('are the same words each time', async () => {
    const contents = async () => {
      const { pool } = await testDatabase()
      await seedMany(pool, { ...amounts, messages: 20 }, () => {})
      return pool.query({ text: 'select content from chat_messages order by id' })
    }
    expect(await contents()).toEqual(await contents())
  })

  it('come from people whose names all differ, also from those already there', async () => {
    expect(new Set(Array.from({ length: 5_000 }, (_, n) => fakeUsername(n))).size).toBe(5_000)
    const db = await testDatabase()
    await aUser(db, fakeUsername(1))
    await seedMany(db.pool, { users: 10, conversations: 0, messages: 0 }, () => {})
    expect(await accountsIn(db.pool).list()).toHaveLength(11)
  })
})

describe('accounts', () => {
  it('are found whatever the case of the name, and lose their logins when they are disabled', async () => {
    const db = await testDatabase()
    await seedDemo(db.pool, '!')
    const accounts = accountsIn(db.pool)
    expect(await accounts.insert('JOHN', '!')).toBeUndefined()
    const login = {
      userId: 1,
      tokenHash: Buffer.from('a'),
      realtimeHash: Buffer.from('b'),
      passwordHash: '!',
      userAgent: '',
      address: '',
      expiresAt: new Date(Date.now() + 60_000),
    }
    await db.logins.insert(login)
    const before = (await db.users.revs([1])).get(1)!
    expect(await accounts.disable('John')).toBe(true)
    expect(await accounts.enable('john')).toBe(true)
    expect(await db.logins.list(1)).toEqual([])
    expect((await db.users.revs([1])).get(1)).toBeGreaterThan(before)
    expect(await accounts.setPassword('nobody', '!')).toBe(false)
    expect((await accounts.list()).map(({ username }) => username)).toEqual([...demoUsernames])
  })
})

describe('the schema', () => {
  it('is told table by table', async () => {
    const { pool } = await testDatabase()
    const schema = schemaIn(pool)
    expect(await schema.tables()).toContainEqual({ name: 'epoch', rows: 1, estimated: false })
    const members = await schema.table('members')
    expect(members?.columns[2]).toEqual({
      name: 'role',
      type: 'text',
      nullable: false,
      default: "'member'::text",
    })
    expect(members?.indexes.map(({ name }) => name)).toEqual(['members_pkey', 'members_user'])
    expect(members?.foreignKeys[0]?.definition).toContain('REFERENCES conversations(id)')
    expect(await schema.table('pg_class')).toBeUndefined()
  })
})
