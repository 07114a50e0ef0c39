import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../test/silent-log.ts'
import type { History } from '../delivery/history.ts'
import { createHub } from '../delivery/hub.ts'
import { memoryBus } from '../delivery/memory-bus.ts'
import type { Publication } from '../delivery/publication.ts'
import { codecs, encodePublications } from './codec/codecs.ts'
import { subscribe } from './commands/subscribe.ts'
import type { Context } from './context.ts'
import { createRechecks } from './rechecks.ts'
import type { Rules } from './rules.ts'
import { Session } from './session.ts'

const channel = 'conversation:7'
const epoch = 'e'

/** One conversation, a right to it that comes later, and a database that takes its time. */
function aWorld() {
  const line: Publication[] = []
  const top = () => ({ epoch, offset: line.length })
  const history: History = {
    kindOf: () => 'line',
    top: async () => top(),
    after: async (_, after, limit) => ({
      top: top(),
      publications: line.slice(after, after + limit),
    }),
    wentBack: async () => {},
  }
  const hub = createHub({ bus: memoryBus(), history, encode: encodePublications, log: silentLog })
  onTestFinished(() => hub.close())
  let channels: string[] = []
  let answer = () => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const rules = {
    recheck: async () => ({ now: channels, later: [] }),
    async screens() {
      const screen = { data: {}, ...top() }
      await answered
      return new Map([[channel, screen]])
    },
    states: async () => new Map(),
    subscribe: async () => {},
  } as Partial<Rules> as Rules
  const context = { hub, rules, log: silentLog } as Partial<Context> as Context
  return {
    context,
    hub,
    allow: () => void (channels = [channel]),
    /** The database answers with what it held when it was asked. */
    answer: () => answer(),
    write() {
      const data = JSON.stringify(`m${line.length + 1}`)
      line.push({ channel, data, position: { epoch, offset: line.length + 1 } })
      hub.publish(line.at(-1)!)
    },
  }
}

test('who subscribes by themselves, while the server is about to put them there, gets each message once', async () => {
  const { context, hub, allow, answer, write } = aWorld()
  const rechecks = createRechecks(context, 1_000_000)
  onTestFinished(() => rechecks.stop())
  let received = ''
  const socket = {
    ...{ write: (frame: Buffer) => void (received += frame.toString()), bufferedBytes: 0 },
    ...{ close() {}, pause() {}, resume() {} },
  }
  const headers = { cookie: undefined, origin: undefined, host: undefined }
  const session = new Session(socket, headers, {
    ...{ codec: codecs.json, onReset: rechecks.rejoin, onExcess() {} },
  })
  session.identity = { user: '1' } as Session['identity']
  session.state = 'connected'
  rechecks.register(session)
  write()
  allow()
  hub.recheck('1')
  await sleep(0)
  await subscribe(context, session, { channel }, 5)
  write()
  write()
  await sleep(0)
  answer()
  await sleep(0)
  write()
  await expect.poll(() => received).toContain('m4')
  expect(received.match(/m\d/g)).toEqual(['m2', 'm3', 'm4'])
  expect(session.subscriptions.side(channel)).toBe('client')
  expect(received).not.toContain('"subscribe":{"recoverable":true,"positioned":true,"data"')
})
