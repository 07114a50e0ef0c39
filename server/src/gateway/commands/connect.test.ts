import { expect, test } from 'vitest'
import { silentLog } from '../../../test/silent-log.ts'
import { createHub, type Hub } from '../../delivery/hub.ts'
import { noMetrics } from '../../metrics.ts'
import type { History } from '../../delivery/history.ts'
import { memoryBus } from '../../delivery/memory-bus.ts'
import type { Context } from '../context.ts'
import { createDispatch } from '../dispatch.ts'
import { codecs, encodePublications } from '../codec/codecs.ts'
import type { Rules } from '../rules.ts'
import { Session, type Socket } from '../session.ts'

const history: History = {
  kindOf: () => 'plain',
  top: async () => ({ epoch: 'e', offset: 0 }),
  after: async () => ({ top: { epoch: 'e', offset: 0 }, publications: [] }),
  wentBack: async () => {},
}

/** A real hub that tells which places on its channels are taken. */
function aHub() {
  const hub = createHub({ bus: memoryBus(), history, encode: encodePublications, log: silentLog })
  const taken = new Set<string>()
  const seat: Hub['seat'] = async (channel, user) => {
    const place = await hub.seat(channel, user)
    const { release } = place
    taken.add(channel)
    place.release = () => {
      taken.delete(channel)
      release()
    }
    return place
  }
  return { hub: { ...hub, seat }, taken }
}

const everybody: Rules = {
  connect: async () => ({ identity: { user: '1' }, data: {} }),
  recheck: async () => ({ now: ['user:1', 'news'], later: [] }),
  screens: async () => new Map(),
  states: async () => new Map(),
  subscribe: async () => {},
  publish: async () => {},
  rpc: async () => ({ data: {} }),
  refresh: async () => ({}),
  changedUsers: async () => new Set(),
}

function aSession(hub: Hub, rules = everybody) {
  const written: string[] = []
  const ended: number[] = []
  const registered: string[] = []
  const socket: Socket = {
    write: (frame) => void written.push(frame.subarray(2).toString()),
    close: (code) => void ended.push(code),
    pause: () => {},
    resume: () => {},
    bufferedBytes: 0,
  }
  const headers = { cookie: undefined, origin: undefined, host: undefined }
  const session = new Session(socket, headers, {
    codec: codecs.json,
    onReset: () => {},
    onExcess: () => {},
  })

  const context: Context & { history: History } = {
    hub,
    history,
    clients: { list: async () => [], count: async () => ({ clients: 0, users: 0 }) },
    rules,
    log: silentLog,
    metrics: noMetrics,
    version: '0',
    pingIntervalMs: 25_000,
    calm: async () => {},
    register: ({ client }) => void registered.push(client),
    watch: async () => {},
    connected: () => {},
    expireAt: () => {},
  }
  const dispatch = createDispatch(context, session)
  const take = (text: string) => dispatch(Buffer.from(text))
  return { session, written, ended, registered, take }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a session that connects is on its channels, and keeps no places beside them', async () => {
  const { hub, taken } = aHub()
  const { session, take } = aSession(hub)
  take('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"weather"}}')
  for (let count = 0; count < 5; count++) await turn()
  expect([...session.subscriptions]).toEqual([
    ['user:1', 'server'],
    ['news', 'server'],
    ['weather', 'client'],
  ])
  expect([...taken]).toEqual([])
  expect(hub.counts().subscriptions).toBe(3)
})

test('a session that ends while it joins leaves nothing behind', async () => {
  const { hub, taken } = aHub()
  const seen = new Set<string>()
  const gone: (() => void)[] = []
  const seat: Hub['seat'] = async (channel, user) => {
    const place = await hub.seat(channel, user)
    seen.add(channel)
    if (channel !== 'user:1') gone.forEach((end) => end())
    return place
  }
  const connecting = aSession({ ...hub, seat })
  gone.push(() => connecting.session.close('noPong'))
  connecting.take('{"id":1,"connect":{}}')
  for (let count = 0; count < 5; count++) await turn()
  expect([...seen]).toEqual(['user:1', 'news'])
  expect([...taken]).toEqual([])
  expect(hub.counts().subscriptions).toBe(0)
  expect([connecting.written, connecting.ended]).toEqual([[], [3012]])

  gone.length = 0
  const subscribing = aSession({ ...hub, seat })
  subscribing.take('{"id":1,"connect":{}}')
  for (let count = 0; count < 5; count++) await turn()
  gone.push(() => subscribing.session.close('noPong'))
  subscribing.take('{"id":2,"subscribe":{"channel":"weather"}}')
  for (let count = 0; count < 5; count++) await turn()
  expect(seen.has('weather')).toBe(true)
  expect([...taken]).toEqual([])
})

test('a session that ends while it is looked up is nobody’s', async () => {
  const { session, registered, take } = aSession(aHub().hub, {
    ...everybody,
    async connect(credentials) {
      session.close('noPong')
      return everybody.connect(credentials)
    },
  })
  take('{"id":1,"connect":{}}')
  for (let count = 0; count < 5; count++) await turn()
  expect([registered, session.user]).toEqual([[], ''])
})
