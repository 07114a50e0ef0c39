import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkRedis, findingsIn } from '../../src/cli/doctor-redis.ts'
import { aRedis } from '../redis.ts'

const saying = (part: string) => expect.stringContaining(part)

test('a Redis as it should be is well, and what persistence means is said', async () => {
  expect(await checkRedis(await aRedis())).toEqual([
    { state: 'well', about: 'Redis', sentence: saying('127.0.0.1') },
    { state: 'well', about: 'Redis', sentence: saying('appendonly is off: no message is lost') },
  ])
  const folder = await mkdtemp(join(tmpdir(), 'parley-redis-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const persisting = await aRedis({ args: ['--appendonly', 'yes', '--dir', folder] })
  expect((await checkRedis(persisting)).at(-1)!.sentence).toContain('appendonly is on')
})

test('a Redis that may delete what we keep is warned of, with the cure', async () => {
  const redis = await aRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'] })
  expect(await checkRedis(redis)).toContainEqual({
    state: 'warning',
    about: 'Redis',
    sentence: saying('maxmemory-policy is allkeys-lru'),
  })
})

test('a Redis that is away, or asks for a password, is ill, each with its own cure', async () => {
  const away = await aRedis({ started: false })
  expect(await checkRedis(away)).toEqual([
    { state: 'ill', about: 'Redis', sentence: saying('start it, or check REDIS_URL') },
  ])
  const { url } = await aRedis({ args: ['--requirepass', 'hidden'] })
  for (const address of [url, url.replace('//', '//:wrong-one@')]) {
    const findings = await checkRedis({ url: address })
    expect(findings).toMatchObject([{ state: 'ill', sentence: saying('put its password') }])
    expect(JSON.stringify(findings)).not.toContain('wrong-one')
  }
  expect(await checkRedis({ url: url.replace('//', '//:hidden@') })).toHaveLength(2)
})

test.each([
  ['redis_version:5.0.14', 'ill', 'Redis 5.0.14 is too old: Parley needs Redis 6.2'],
  ['redis_version:6.0.20', 'ill', 'Redis 6.0.20 is too old'],
  ['redis_version:6.2.0', 'well', 'Redis 6.2.0'],
  ['redis_version:7.2.4\r\nvalkey_version:8.1.0', 'well', 'Valkey 8.1.0'],
])('what says of itself %s is %s', (info, state, part) => {
  expect(findingsIn(`# Server\r\n${info}\r\n`, 'redis:6379')[0]).toEqual({
    state,
    about: 'Redis',
    sentence: saying(part),
  })
})
