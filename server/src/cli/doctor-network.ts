import { access, constants, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { WebSocket } from 'ws'
import type { Finding } from './doctor.ts'

const lowDiskBytes = 1024 ** 3
const patienceMs = 5_000

export async function checkDisk(dataDir: string): Promise<Finding[]> {
  const path = await nearestExisting(resolve(dataDir))
  const { bavail, bsize } = await statfs(path)
  const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free at ${path}`
  return [
    bavail * bsize < lowDiskBytes
      ? {
          state: 'ill',
          about: 'Disk',
          sentence: `only ${free}: PostgreSQL stops when it is full. Make room.`,
        }
      : { state: 'well', about: 'Disk', sentence: `${free}.` },
  ]
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await access(path, constants.F_OK)
    return path
  } catch {
    return nearestExisting(dirname(path))
  }
}

/** Whether the sign-in page is answered there. */
export async function checkPage(about: string, url: string): Promise<Finding[]> {
  let response: Response
  try {
    response = await fetch(`${url}/login`, {
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'manual',
    })
  } catch (error) {
    const { cause } = error as Error & { cause?: { code?: string; message?: string } }
    const why = cause?.code ?? cause?.message ?? (error as Error).message
    const cure =
      why === 'ECONNREFUSED'
        ? 'start it with "parley serve", or check the address'
        : 'check the address and TLS'
    return [{ state: 'ill', about, sentence: `${url} does not answer (${why}): ${cure}.` }]
  }
  const page = await response.text()
  if (response.status === 200 && page.includes('name="csrf-token"'))
    return [{ state: 'well', about, sentence: `${url} answers with Parley's sign-in page.` }]
  const sentence = `${url}/login answers ${response.status}, and not with Parley's page: is the proxy's target right?`
  return [{ state: 'ill', about, sentence }]
}

/** Whether a WebSocket gets through, and the gateway answers on it. */
export async function checkWebsocket(about: string, url: string): Promise<Finding[]> {
  const address = `${url.replace(/^http/, 'ws')}/connection/websocket`
  const result = await tryWebsocket(address)
  if (result === undefined) return [{ state: 'well', about, sentence: `${address} answers.` }]
  const sentence = `${address} does not work (${result}): a proxy has to pass the headers Upgrade and Connection.`
  return [{ state: 'ill', about, sentence }]
}

/** What went wrong, if anything: a gateway refuses a stranger's connect with error 403. */
function tryWebsocket(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address, { handshakeTimeout: patienceMs })
    const done = (problem: string | undefined) => {
      clearTimeout(timer)
      resolve(problem)
      socket.terminate()
    }
    const timer = setTimeout(() => done('no answer'), patienceMs)
    socket.on('error', (error) => done((error as NodeJS.ErrnoException).code ?? error.message))
    socket.on('open', () => socket.send('{"id":1,"connect":{}}'))
    socket.on('message', (data) =>
      done(String(data).includes('"code":403') ? undefined : 'an unexpected answer'),
    )
  })
}
