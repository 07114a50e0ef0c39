/** One final, unmasked text frame (RFC 6455, section 5.2). */
export function textFrame(payload: string): Buffer {
  const length = Buffer.byteLength(payload)
  const [frame, start] = frameFor(opcodes.text, length)
  frame.write(payload, start)
  return frame
}

/** The same for bytes. */
export function binaryFrame(payload: Buffer): Buffer {
  const [frame, start] = frameFor(opcodes.binary, payload.length)
  payload.copy(frame, start)
  return frame
}

const opcodes = { text: 1, binary: 2 } as const
const final = 0x80

/** A frame with its header, and where the payload belongs. */
function frameFor(opcode: number, length: number): [frame: Buffer, start: number] {
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = final | opcode
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  return [frame, start]
}
