import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

const schema = readFileSync(new URL('client.proto', import.meta.url), 'utf8')
const { root } = protobuf.parse(schema, { keepCase: true })
const Command = root.lookupType('Command')
const Reply = root.lookupType('Reply')

/** Commands, given as in the JSON form, as one message of the protobuf form. */
export function encodeCommands(...commands: object[]): Buffer {
  const parts = commands.map((command) =>
    Command.encodeDelimited(Command.fromObject(withData(command, jsonBytes) as object)).finish(),
  )
  return Buffer.concat(parts)
}

/** The replies and pushes of one message, as in the JSON form; a ping is `{}`. */
export function decodeReplies(message: Uint8Array): any[] {
  const reader = protobuf.Reader.create(message)
  const replies: any[] = []
  while (reader.pos < reader.len) {
    const reply = Reply.toObject(Reply.decodeDelimited(reader), { longs: Number })
    // What the JSON form always has, and this one leaves out where it is empty or zero.
    for (const [name, fields] of Object.entries(always))
      if (reply[name]) reply[name] = { ...fields, ...reply[name] }
    replies.push(withData(reply, jsonValue))
  }
  return replies
}

const always = {
  history: { publications: [], epoch: '', offset: 0 },
  presence: { presence: {} },
  presence_stats: { num_clients: 0, num_users: 0 },
}

const jsonBytes = (data: unknown) => Buffer.from(JSON.stringify(data))
const jsonValue = (data: unknown) => JSON.parse(Buffer.from(data as Uint8Array).toString())

/** A copy in which each `data` of the envelope is another. */
function withData(value: unknown, convert: (data: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => withData(each, convert))
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && each !== null)
  return Object.fromEntries(
    entries.map(([name, each]) => [
      name,
      name === 'data' ? convert(each) : withData(each, convert),
    ]),
  )
}
