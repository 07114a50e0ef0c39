import { createListeners, type Bus } from './bus.ts'

/** The bus of a single node: what is published arrives in the same turn. */
export function memoryBus(): Bus {
  const channels = new Set<string>()
  const listeners = createListeners()
  return {
    connected: true,
    dropped: 0,
    publish(publication) {
      if (channels.has(publication.channel)) listeners.publication(publication)
    },
    control(message) {
      listeners.control(message)
    },
    async subscribe(channel) {
      channels.add(channel)
    },
    unsubscribe(channel) {
      channels.delete(channel)
    },
    listen: listeners.add,
    async close() {
      listeners.clear()
      channels.clear()
    },
  }
}
