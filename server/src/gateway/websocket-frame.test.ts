import type { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import * as ws from 'ws'
import { textFrame } from './websocket-frame.ts'

// Left out of its types.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable }

/** What another implementation reads from these bytes. */
function read(bytes: Buffer): string[] {
  const receiver = new Receiver({ isServer: false })
  const texts: string[] = []
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    expect(isBinary).toBe(false)
    texts.push(data.toString())
  })
  receiver.on('error', (error: Error) => {
    throw error
  })
  receiver.write(bytes)
  return texts
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
  'a text of %i bytes is read as it was written',
  (length) => {
    const text = 'x'.repeat(length)
    expect(read(textFrame(text))).toEqual([text])
  },
)

test('lengths are bytes, not characters', () => {
  for (const text of ['é'.repeat(63), '👋'.repeat(32), '世'.repeat(21_846), '\u2028\n\u0000'])
    expect(read(textFrame(text))).toEqual([text])
})

test('frames that are written together are read one by one', () => {
  const texts = ['{}', 'y'.repeat(126), 'z'.repeat(70_000)]
  expect(read(Buffer.concat(texts.map(textFrame)))).toEqual(texts)
})
