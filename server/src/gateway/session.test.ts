import { beforeEach, expect, test, vi } from 'vitest'
import { codecs } from './codec/codecs.ts'
import { Session } from './session.ts'

const megabyte = 1024 * 1024
let nowMs = 0
beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => nowMs))
const pass = (ms: number) => (nowMs += ms)

function aSession() {
  const socket = { write: vi.fn(), close: vi.fn(), pause() {}, resume() {}, bufferedBytes: 0 }
  const headers = { cookie: undefined, origin: undefined, host: undefined }
  const session = new Session(socket, headers, {
    codec: codecs.json,
    onReset() {},
    onExcess() {},
  })
  return { socket, session }
}

test('a burst of some megabytes does not end a client that has read it soon after', () => {
  const { socket, session } = aSession()
  for (let burst = 0; burst < 5; burst++) {
    for (const waiting of [0, 2, 4]) {
      socket.bufferedBytes = waiting * megabyte
      session.ping()
    }
    pass(8_000)
  }
  expect(socket.close).not.toHaveBeenCalled()
  expect(socket.write).toHaveBeenCalledTimes(15)
})

test('a client that stays more than a megabyte behind for over ten seconds is ended', () => {
  const { socket, session } = aSession()
  socket.bufferedBytes = megabyte + 1
  session.ping()
  pass(10_000)
  session.ping()
  expect(socket.close).not.toHaveBeenCalled()
  pass(1)
  session.ping()
  expect(socket.close).toHaveBeenCalledWith(3008, 'slow')
  expect(socket.write).toHaveBeenCalledTimes(2)
})

test('a client for which more than four megabytes wait is ended at once', () => {
  const { socket, session } = aSession()
  socket.bufferedBytes = 4 * megabyte + 1
  session.ping()
  expect(socket.close).toHaveBeenCalledWith(3008, 'slow')
  expect(socket.write).not.toHaveBeenCalled()
})
