import { isUtf8 } from 'node:buffer'
import { Disconnect } from '../disconnect.ts'
import type { Field, Kind, Schema } from './protobuf-schema.ts'

const malformed = (): Disconnect => new Disconnect('badRequest')

/** How a value is put on the wire: what skips it has to know no more. */
const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const
const varintBytesMax = 10

type Fields = Record<string, unknown>

/**
 * Reads protobuf messages from a part of a buffer. Nothing is looked at beyond that part, and no
 * length is believed before the bytes are there.
 * @throws Disconnect `badRequest` for whatever is no such message
 */
export class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number
  /** The lower 28 bits of the last varint, and those above. */
  #low = 0
  #high = 0

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get atEnd(): boolean {
    return this.#at === this.#end
  }

  /** What follows is its length, and then this many bytes of their own. */
  part(): Reader {
    const start = this.#skip(this.#uint())
    return new Reader(this.#bytes, start, this.#at)
  }

  /** All that is left, as one message; fields the schema does not have are passed over. */
  message({ byNumber }: Schema): Fields {
    const fields: Fields = {}
    while (!this.atEnd) {
      const tag = this.#uint()
      const wireType = tag % 8
      const number = Math.floor(tag / 8)
      const field = byNumber.get(number)
      if (number === 0) throw malformed()
      if (!field) this.#pass(wireType)
      else if (wireType !== wireTypeOf(field.kind)) throw malformed()
      else fields[field.name] = this.#value(field, fields[field.name])
    }
    return fields
  }

  #value({ kind }: Field, before: unknown): unknown {
    if (kind === 'uint') return this.#uint()
    if (kind === 'int') return this.#int()
    if (kind === 'bool') return this.#uint() !== 0
    const part = this.part()
    if (kind === 'string') return part.#text()
    if (kind === 'json') return part.#json()
    if (typeof kind === 'string') throw new Error(`cannot happen: ${kind} is only written`)
    if ('entry' in kind) return part.#entry(kind.entry, before as Fields | undefined)
    return part.message(kind)
  }

  /** A map comes as one message per entry. Without a prototype every name is like any other. */
  #entry(entry: Schema, map: Fields = Object.create(null)): Fields {
    const { key = '', value = {} } = this.message(entry)
    map[key as string] = value
    return map
  }

  #text(): string {
    const text = this.#bytes.toString('utf8', this.#at, this.#end)
    // What stands for broken bytes may have been sent as it is.
    if (text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(this.#at, this.#end)))
      throw malformed()
    return text
  }

  /** No bytes are no value. */
  #json(): unknown {
    if (this.atEnd) return undefined
    try {
      return JSON.parse(this.#text())
    } catch {
      throw malformed()
    }
  }

  /** Up to 2⁵³ exactly; what is larger stays larger. */
  #uint(): number {
    this.#varint()
    return this.#high * 2 ** 28 + this.#low
  }

  /** Of 32 bits: a negative one comes as 64. */
  #int(): number {
    this.#varint()
    return this.#low | (this.#high << 28)
  }

  #varint(): void {
    this.#low = 0
    this.#high = 0
    for (let count = 0; count < varintBytesMax; count++) {
      const byte = this.#bytes[this.#skip(1)]!
      if (count < 4) this.#low |= (byte & 0x7f) << (count * 7)
      else this.#high += (byte & 0x7f) * 2 ** (count * 7 - 28)
      if (byte < 0x80) return
    }
    throw malformed()
  }

  #pass(wireType: number): void {
    if (wireType === wireTypes.varint) this.#varint()
    else if (wireType === wireTypes.fixed64) this.#skip(8)
    else if (wireType === wireTypes.bytes) this.#skip(this.#uint())
    else if (wireType === wireTypes.fixed32) this.#skip(4)
    else throw malformed()
  }

  /** Returns where the skipped bytes begin. */
  #skip(count: number): number {
    const start = this.#at
    if (count > this.#end - start) throw malformed()
    this.#at += count
    return start
  }
}

const wireTypeOf = (kind: Kind): number =>
  kind === 'uint' || kind === 'int' || kind === 'bool' ? wireTypes.varint : wireTypes.bytes
