const startBytes = 512

/** Writes protobuf messages one after the other into a buffer that grows. */
export class Writer {
  #bytes = Buffer.allocUnsafe(startBytes)
  #length = 0

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** A message without a number, as frames hold them: its length, and then its fields. */
  delimited(write: () => void): void {
    // Most lengths fit into one byte; what was written moves on where this one does not.
    this.#room(1)
    const start = ++this.#length
    write()
    const length = this.#length - start
    const more = varintBytes(length) - 1
    if (more > 0) {
      this.#room(more)
      this.#bytes.copyWithin(start + more, start, this.#length)
    }
    this.#length = start - 1
    this.#varint(length)
    this.#length += length
  }

  message(number: number, write: () => void): void {
    this.#varint(number * 8 + 2)
    this.delimited(write)
  }

  uint(number: number, value: number): void {
    this.#varint(number * 8)
    this.#varint(value)
  }

  string(number: number, text: string): void {
    const length = Buffer.byteLength(text)
    this.#varint(number * 8 + 2)
    this.#varint(length)
    this.#room(length)
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** What another writer has written. */
  raw(bytes: Buffer): void {
    this.#room(bytes.length)
    this.#length += bytes.copy(this.#bytes, this.#length)
  }

  #varint(value: number): void {
    this.#room(8)
    while (value > 0x7f) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    this.#bytes[this.#length++] = value
  }

  #room(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.written.copy(larger)
    this.#bytes = larger
  }
}

function varintBytes(value: number): number {
  let count = 1
  for (; value > 0x7f; value = Math.floor(value / 0x80)) count++
  return count
}
