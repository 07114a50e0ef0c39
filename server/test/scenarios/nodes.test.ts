import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Change } from '@parley/protocol/changes'
import type { Centrifuge } from 'centrifuge'
import { expect, test } from 'vitest'
import { aCluster, clientFor, signIn, until, type TestApp } from '../app.ts'
import { aRedis, type TestRedis } from '../redis.ts'

interface Person {
  client: Centrifuge
  cookie: string
  /** Of `First thread`. */
  changes: Change[]
  /** The ids that came on Tutorial A's channel. */
  onChat: number[]
  ends: number[]
  send(content: string): Promise<number>
}

async function person({ url, gatewayUrl }: TestApp, username: string): Promise<Person> {
  const { cookie, bearer } = await signIn(url, username)
  const client = clientFor(gatewayUrl, { cookie })
  const tutorial = clientFor(gatewayUrl, { data: { authToken: bearer } })
  const someone: Person = {
    client,
    cookie,
    changes: [],
    onChat: [],
    ends: [],
    async send(content) {
      const draft = { conversationId: 1, content, clientKey: randomUUID() }
      return (await client.rpc('messages.send', draft)).data.message.id
    },
  }
  client.on('publication', ({ channel, data }) => {
    if (channel === 'conversation:1') someone.changes.push(data)
  })
  client.on('disconnected', ({ code }) => someone.ends.push(code))
  tutorial.on('publication', ({ data }) => someone.onChat.push(data.message.id))
  for (const each of [client, tutorial]) {
    each.connect()
    await each.ready(5_000)
  }
  return someone
}

const twoNodes = (redis: TestRedis) =>
  aCluster({ redis: { url: redis.url, prefix: 'parley', keepHours: 1 } }, 2) as Promise<
    [TestApp, TestApp]
  >

const idsOf = ({ changes }: Person): number[] =>
  changes.flatMap((change) => (change.type === 'message.created' ? [change.message.id] : []))

/** Until it is on both channels of everybody; how long that took. */
async function seenBy(people: Person[], id: number, patienceMs = 10_000): Promise<number> {
  const startMs = performance.now()
  const everywhere = () =>
    people.every((each) => idsOf(each).includes(id) && each.onChat.includes(id))
  await until(`everybody sees message ${id}`, everywhere, patienceMs)
  return performance.now() - startMs
}

/** Sends without a pause until stopped; the ids it was answered. */
function writing(person: Person) {
  const ids: number[] = []
  let more = true
  const done = (async () => {
    while (more) ids.push(await person.send(`message ${ids.length}`))
  })()
  return {
    ids,
    async stop() {
      more = false
      await done
    },
  }
}

test('a message sent on one node is seen on the other, and sign-out ends sockets there', async () => {
  const [a, b] = await twoNodes(await aRedis())
  const john = await person(a, 'john')
  const bill = await person(b, 'bill')
  await seenBy([john, bill], await john.send('over there'))
  await seenBy([john, bill], await bill.send('and back'))
  expect(await seenBy([john, bill], await john.send('again'))).toBeLessThan(500)

  const john2 = await person(b, 'john')
  const form = await (await fetch(`${a.url}/`, { headers: { cookie: john2.cookie } })).text()
  expect(form).toContain('x-bearer')
  const logins = await fetch(`${a.url}/api/logins`, { headers: { cookie: john.cookie } })
  const other = ((await logins.json()) as any).logins.find((each: any) => !each.current)
  await fetch(`${a.url}/api/logins/${other.id}`, {
    method: 'DELETE',
    headers: { cookie: john.cookie, origin: a.url },
  })
  await until('the socket on the other node has ended', () => john2.ends.length > 0, 1_000)
})

test('Redis is killed and comes back empty under load: 2 s later nobody misses a message', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  const people = [
    await person(a, 'john'),
    await person(b, 'bill'),
    await person(a, 'bill'),
    await person(b, 'john'),
  ]
  const writers = people.map(writing)
  const sent = () => writers.flatMap(({ ids }) => ids)
  for (let round = 0; round < 3; round++) {
    const before = sent().length
    await until('there is load', () => sent().length > before + 40)
    await redis.kill()
    const whileDown = sent().length
    await until('the load goes on', () => sent().length > whileDown + 40)
    await redis.start()
    const there = sent()
    const missing = () =>
      people.flatMap((each) => {
        const seen = new Set(idsOf(each))
        const onChat = new Set(each.onChat)
        return there.filter((id) => !seen.has(id) || !onChat.has(id))
      })
    await until('nobody misses anything', () => missing().length === 0, 2_000)
  }
  for (const writer of writers) await writer.stop()
  const all = sent().sort((one, other) => one - other)
  const complete = () =>
    people.every((each) => idsOf(each).length >= all.length && each.onChat.length >= all.length)
  await until('everything has come', complete)
  for (const each of people) {
    const seqs = each.changes.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, index) => seqs[0]! + index))
    expect([...each.onChat].sort((one, other) => one - other)).toEqual(all)
  }
})

test('Redis is absent at the start, and then gone for good: messages cross within 5 s, and sending is not slower', async () => {
  const redis = await aRedis({ started: false })
  const [a, b] = await twoNodes(redis)
  const people = [await person(a, 'john'), await person(b, 'bill')]
  expect(await seenBy(people, await people[0]!.send('nobody there'), 5_000)).toBeLessThan(5_000)
  await redis.start()
  const isCarried = async () => (await seenBy(people, await people[0]!.send('now?'))) < 100
  await until('Redis carries', isCarried)

  await redis.kill()
  let worstMs = 0
  for (let round = 0; round < 8; round++) {
    // Not in step with the nodes' comparisons.
    await sleep(Math.random() * 1_000)
    const startMs = performance.now()
    const id = await people[round % 2]!.send('gone')
    expect(performance.now() - startMs).toBeLessThan(500)
    worstMs = Math.max(worstMs, await seenBy(people, id))
  }
  expect(worstMs).toBeLessThan(5_000)
})

test('Redis freezes for 5 s under load: everything arrives in order, within 5 s of being sent', async () => {
  const redis = await aRedis()
  const [a, b] = await twoNodes(redis)
  const people = [await person(a, 'john'), await person(b, 'bill')]
  redis.freeze()
  const frozenMs = performance.now()
  while (performance.now() - frozenMs < 5_000) {
    const sends = people.map((each) => each.send('frozen'))
    for (const id of await Promise.all(sends)) expect(await seenBy(people, id)).toBeLessThan(5_000)
  }
  redis.thaw()
  const isCarried = async () => (await seenBy(people, await people[0]!.send('now?'))) < 100
  await until('Redis carries again', isCarried)
  for (const { changes } of people) {
    const seqs = changes.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, index) => seqs[0]! + index))
  }
})
