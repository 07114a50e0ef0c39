import type { Bus, BusListener } from './bus.ts'

/** The bus of a single node: what is published arrives in the same turn. */
export function memoryBus(): Bus {
  const channels = new Set<string>()
  let listener: BusListener | undefined
  return {
    connected: true,
    dropped: 0,
    publish(publication) {
      if (channels.has(publication.channel)) listener?.publication(publication)
    },
    control(message) {
      listener?.control(message)
    },
    async subscribe(channel) {
      channels.add(channel)
    },
    unsubscribe(channel) {
      channels.delete(channel)
    },
    listen(next) {
      listener = next
    },
    async close() {
      listener = undefined
      channels.clear()
    },
  }
}
