import { expect, test, vi } from 'vitest'
import { Channel } from './channel.ts'
import { createFlusher } from './flusher.ts'

test('waits after a flush as long as it took, with what sockets write at the end of its turn', async () => {
  let nowMs = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const waits = vi.spyOn(globalThis, 'setTimeout')
  const channel = new Channel('conversation:1', 'line')
  const flusher = createFlusher(() => {
    nowMs += 2
    process.nextTick(() => (nowMs += 20))
  })

  flusher.mark(channel)
  expect(waits).not.toHaveBeenCalled()
  await new Promise((turn) => setImmediate(turn))
  flusher.mark(channel)

  expect(waits.mock.lastCall?.[1]).toBe(22)
  flusher.stop()
})
