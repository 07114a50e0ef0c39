import { encodeCommands } from '../../../../test/protobuf.ts'
import { calls as textCalls, everything as allTexts, randomFrom } from './mutated-texts.ts'

const inProtobuf = (text: string): Buffer =>
  encodeCommands(
    ...text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )

export const calls = textCalls.map(inProtobuf)
export const everything = allTexts.map(inProtobuf)

const hex = (digits: string) => Buffer.from(digits, 'hex')
const grafts = [
  '00',
  '0000',
  'ffffffffffffffffff01',
  'ffffffffffffffffffff01',
  '80808080808080808000',
  '8080808010',
  // A length of 10 MB, one of 2 GB, and one beyond 64 bits.
  '2280ade204',
  '22ffffffff07',
  '22ffffffffffffffffff7f',
  // Groups, wire types there are not, and the field 0.
  '0b0c',
  '1c',
  '0e',
  '0f',
  '0200',
  // An unknown field of each kind.
  'a00601',
  'a1060102030405060708',
  'a20602abcd',
  'a50601020304',
  // Broken UTF-8, and JSON that breaks off.
  '1202c328',
  '0a017b',
].map(hex)

/** A good message with something done to it, mostly once. */
export function mutatedBytes(good: Buffer[], start: number): () => Buffer {
  const random = randomFrom(start)
  const pick = <Item>(items: readonly Item[]) => items[random(items.length)]!
  const between = (bytes: Buffer, at: number, middle: Buffer, end = at) =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(end)])
  const steps: ((bytes: Buffer, at: number) => Buffer)[] = [
    (bytes, at) => bytes.subarray(0, at),
    (bytes, at) => bytes.subarray(at),
    (bytes, at) => between(bytes, at, pick(grafts)),
    (bytes, at) => between(bytes, at, pick(grafts), at + random(12)),
    (bytes, at) => between(bytes, at, Buffer.of(random(256)), at + 1),
    (bytes, at) => between(bytes, at, bytes.subarray(at, at + random(40))),
    (bytes, at) => between(bytes, at, pick(good)),
    (bytes) => grown(bytes, pick(grafts)),
  ]
  return () => {
    let bytes = pick(good)
    // Half of them keep every length: what they ask is odd.
    if (random(2)) {
      const at = random(bytes.length)
      return between(bytes, at, Buffer.of(random(2) ? random(256) : bytes[at]! + 1), at + 1)
    }
    for (let step = random(4) ? 1 : 1 + random(8); step > 0; step--)
      bytes = pick(steps)(bytes, random(bytes.length + 1)).subarray(0, 16_384)
    return bytes
  }
}

/** The first command with a field more, its length put right where it takes one byte. */
function grown(bytes: Buffer, field: Buffer): Buffer {
  const length = bytes[0] ?? 0
  if (length + field.length > 127) return bytes
  return Buffer.concat([
    Buffer.of(length + field.length),
    bytes.subarray(1, 1 + length),
    field,
    bytes.subarray(1 + length),
  ])
}
