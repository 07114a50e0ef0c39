import type { Command, CommandName } from '@parley/protocol/frames'
import { Disconnect } from '../disconnect.ts'

type Shape = 'string' | 'integer' | 'offset' | 'boolean' | 'object' | 'any'

/** The fields of each request that are looked at, with their JSON types; others are ignored. */
const shapes = {
  connect: { token: 'string', data: 'any', subs: 'object', name: 'string', version: 'string' },
  ping: {},
  subscribe: {
    channel: 'string',
    token: 'string',
    recover: 'boolean',
    epoch: 'string',
    offset: 'offset',
    data: 'any',
  },
  unsubscribe: { channel: 'string' },
  publish: { channel: 'string', data: 'any' },
  presence: { channel: 'string' },
  presence_stats: { channel: 'string' },
  history: { channel: 'string', limit: 'integer', since: 'object', reverse: 'boolean' },
  rpc: { method: 'string', data: 'any' },
  send: { data: 'any' },
  refresh: { token: 'string' },
  sub_refresh: { channel: 'string', token: 'string' },
} as const satisfies Record<CommandName, Record<string, Shape>>

/** In the order in which the first present one wins (PROTOCOL, "Envelopes"). */
const names = Object.keys(shapes) as CommandName[]
const position = { offset: 'offset', epoch: 'string' } as const
const recovery = { recover: 'boolean', epoch: 'string', offset: 'offset' } as const

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A command as it was decoded from either form, checked.
 * @throws Disconnect `badRequest` where it is none
 */
export function commandOf(value: unknown): Command {
  if (!isObject(value)) throw new Disconnect('badRequest')
  const name = names.find((each) => value[each] !== undefined && value[each] !== null)
  const id = value.id ?? 0
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > 0xffff_ffff)
    throw new Disconnect('badRequest')
  if (!name) {
    if (id !== 0) throw new Disconnect('badRequest')
    return { id: 0, name: 'pong' }
  }
  if (id === 0 && name !== 'send') throw new Disconnect('badRequest')
  return { id, name, request: requestOf(name, value[name]) } as unknown as Command
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape === 'any') return true
  if (shape === 'object') return isObject(value)
  if (shape === 'integer') return Number.isSafeInteger(value)
  if (shape === 'offset') return Number.isSafeInteger(value) && (value as number) >= 0
  return typeof value === shape
}

/** `null` stands for a field that is not there. */
function check(fields: Fields, shape: Record<string, Shape>): void {
  for (const [name, expected] of Object.entries(shape)) {
    const value = fields[name]
    if (value === null) delete fields[name]
    else if (value !== undefined && !fits(value, expected)) throw new Disconnect('badRequest')
  }
}

function requestOf(name: CommandName, value: unknown): Fields {
  if (!isObject(value)) throw new Disconnect('badRequest')
  check(value, shapes[name])
  if ('channel' in shapes[name] && !value.channel) throw new Disconnect('badRequest')
  if (name === 'history' && isObject(value.since)) check(value.since, position)
  if (name === 'connect' && isObject(value.subs))
    for (const sub of Object.values(value.subs)) {
      if (!isObject(sub)) throw new Disconnect('badRequest')
      check(sub, recovery)
    }
  return value
}
