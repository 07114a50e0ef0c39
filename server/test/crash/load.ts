/** A client that writes without a pause, and what it was answered. */
import type { Message } from '@parley/protocol/resources'
import { aDraft, type Device, type Draft } from './device.ts'

export interface Writer {
  device: Device
  drafts: Draft[]
  answers: Message[]
  /** Resolves once the last send is answered. */
  stop(): Promise<void>
}

export function aWriter(device: Device, rooms: number[]): Writer {
  let writing = true
  const writer: Writer = {
    device,
    drafts: [],
    answers: [],
    async stop() {
      writing = false
      await done
    },
  }
  async function write() {
    while (writing) {
      const draft = aDraft(rooms[writer.drafts.length % rooms.length]!, `${writer.drafts.length}`)
      writer.drafts.push(draft)
      writer.answers.push(await device.send(draft))
    }
  }
  const done = write()
  return writer
}
