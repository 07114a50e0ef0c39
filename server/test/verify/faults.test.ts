import { expect, test } from 'vitest'
import { built } from '../crash/server-process.ts'
import { programWith, verify, type Change } from './program.ts'

const load = ['--users', '10', '--conversations', '4', '--rate', '60']

test('nodes, Redis and PostgreSQL are killed, frozen and restarted, and nothing is lost', async () => {
  await built()
  const { code, stdout, stderr } = await verify(['--faults', '--seconds', '20', ...load])
  expect(code, stdout + stderr).toBe(0)
  for (const count of ['lost', 'duplicated', 'out of order'])
    expect(stdout).toMatch(new RegExp(`${count} +0\n`))
  for (const fault of ['gateway killed', 'api killed', 'redis emptied', 'redis frozen'])
    expect(stdout).toContain(`${fault} 1×`)
  expect(stdout).toContain('postgres restarted 1×')
  expect(stdout).toMatch(/loaded anew +0\n/)
}, 180_000)

const sabotage: [string, Change, RegExp][] = [
  [
    'that does not look for gaps',
    {
      file: 'server/src/delivery/channel.ts',
      from: "this.kind === 'line' && position.offset !== this.accepted + 1",
      to: 'false',
    },
    /lost +[1-9]/,
  ],
  [
    'that does not keep the keys of messages',
    {
      file: 'server/src/chat/messages.ts',
      from: '{ ...draft, userId: author.id }',
      to: '{ ...draft, userId: author.id, clientKey: crypto.randomUUID() }',
    },
    // A deleted message has no text to be found by, and is missed under its key.
    /(duplicated|lost) +[1-9]/,
  ],
  [
    'that does not look for silence',
    {
      file: 'server/src/delivery/catch-up.ts',
      from: 'async function compare(channels: Iterable<Channel>): Promise<void> {',
      to: 'async function compare(channels: Iterable<Channel>): Promise<void> {\n  return',
    },
    /lost +[1-9]/,
  ],
]

test.each(sabotage)(
  'a server %s is found out',
  async (_, change, finding) => {
    const program = await programWith(change)
    const { code, stdout, stderr } = await verify(['--faults', '--seconds', '12', ...load], {
      program,
    })
    expect(code, stdout + stderr).toBe(1)
    expect(stdout).toMatch(finding)
    expect(stderr).toContain('BROKEN')
  },
  180_000,
)
