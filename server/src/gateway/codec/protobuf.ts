import type { Publication } from '../../delivery/publication.ts'
import { commandsAtOnce } from '../budget.ts'
import { Disconnect } from '../disconnect.ts'
import { binaryFrame } from '../websocket-frame.ts'
import type { Codec } from './codec.ts'
import { commandOf } from './commands.ts'
import { Reader } from './protobuf-reader.ts'
import * as schema from './protobuf-schema.ts'
import { Writer } from './protobuf-writer.ts'
import { oncePerRun } from './runs.ts'

/** Messages one after the other, each after its length. An empty one is a ping, and a pong. */
export const protobufCodec: Codec = {
  form: 'protobuf',
  decode(message) {
    const reader = new Reader(message)
    if (reader.atEnd) throw new Disconnect('badRequest')
    const commands = []
    while (!reader.atEnd) {
      // A pong is one byte, and a quarter of a million of them would hold up everybody.
      if (commands.length === commandsAtOnce) throw new Disconnect('tooManyRequests')
      commands.push(commandOf(reader.part().message(schema.command)))
    }
    return commands
  },
  encode: (...messages) => frameOf(messages as Fields[]),
  publications: (publications) =>
    frameOf(publications.map((pub) => ({ push: { channel: pub.channel, pub } }))),
  ping: binaryFrame(Buffer.of(0)),
}

type Fields = Record<string, unknown>

function frameOf(replies: Fields[]): Buffer {
  const writer = new Writer()
  for (const reply of replies) writer.delimited(() => writeFields(writer, schema.reply, reply))
  return binaryFrame(writer.written)
}

function writeFields(writer: Writer, { byName }: schema.Schema, values: Fields): void {
  for (const name of Object.keys(values)) {
    const field = byName.get(name)
    if (field && values[name] !== undefined) writeField(writer, field, values[name])
  }
}

/** Zero, false and empty text stand for themselves by not being there; an empty message is there. */
function writeField(writer: Writer, { number, kind }: schema.Field, value: unknown): void {
  if (kind === 'uint' || kind === 'bool') {
    if (value) writer.uint(number, Number(value))
  } else if (kind === 'string') {
    if (value) writer.string(number, value as string)
  } else if (kind === 'json') writer.string(number, JSON.stringify(value))
  else if (kind === 'publication') writePublication(writer, number, value as Publication)
  else if (kind === 'publications')
    for (const publication of value as Publication[]) writePublication(writer, number, publication)
  else if (kind === 'run') writer.raw(encodeRun(value as Publication[]))
  else if (typeof kind === 'string') throw new Error(`cannot happen: ${kind} is only read`)
  else if ('entry' in kind)
    for (const [key, each] of Object.entries(value as Fields))
      writer.message(number, () => writeFields(writer, kind.entry, { key, value: each }))
  else writer.message(number, () => writeFields(writer, kind, value as Fields))
}

function writePublication(writer: Writer, number: number, publication: Publication): void {
  const { data, position, late } = publication
  writer.message(number, () => {
    writer.string(schema.publication.data, data)
    if (position && !late) writer.uint(schema.publication.offset, position.offset)
  })
}

const encodeRun = oncePerRun((run) => {
  const writer = new Writer()
  for (const publication of run)
    writePublication(writer, schema.subscribeResultPublications, publication)
  return writer.written
})
