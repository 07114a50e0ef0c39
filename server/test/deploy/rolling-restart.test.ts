import { expect, test } from 'vitest'
import { signIn, until } from '../app.ts'
import { aDevice, expectWhole } from '../crash/device.ts'
import { aWriter } from '../crash/load.ts'
import { tablesOf, upTo } from '../properties/tables.ts'
import { anInstallation, nginx } from './installation.ts'

const blinkMaxMs = 3_000
/** The official client's own. */
const delays = { minReconnectDelay: 500, maxReconnectDelay: 20_000 }

test.skipIf(!nginx)(
  'each process restarted in turn, nobody is cut off for longer than a blink, and nothing is lost',
  async () => {
    const { url, apis, gateways, db } = await anInstallation()
    const { cookie, fetch: ask } = await signIn(url, 'john')
    const gatewayUrl = `${url.replace('http', 'ws')}/connection/websocket`
    const devices = await Promise.all(
      Array.from({ length: 12 }, () => aDevice({ gatewayUrl }, cookie, delays)),
    )
    const blinks: number[] = []
    for (const { client } of devices) {
      let sinceMs = 0
      client.on('connecting', () => (sinceMs = performance.now()))
      client.on('connected', () => blinks.push(performance.now() - sinceMs))
    }
    const writers = devices.slice(0, 4).map((device) => aWriter(device, [1]))
    let asking = true
    const failures: number[] = []
    let calls = 0
    const asked = (async () => {
      for (; asking; calls++) {
        const { status } = await ask('/api/conversations/1')
        if (status !== 200) failures.push(status)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    })()
    const answers = () => writers.reduce((sum, writer) => sum + writer.answers.length, 0)

    for (const each of [...gateways, ...apis]) {
      const before = answers()
      await until('the load is on', () => answers() > before + 50)
      expect(await each.stop()).toBe(0)
      await each.start()
    }
    await Promise.all(writers.map((writer) => writer.stop()))
    asking = false
    await asked

    const { lastSeq, messages } = await tablesOf(db.pool, 1)
    expect(messages.map(({ client_key }) => client_key).sort()).toEqual(
      writers.flatMap(({ drafts }) => drafts.map(({ clientKey }) => clientKey)).sort(),
    )
    expect(messages.map(({ ordinal }) => ordinal)).toEqual(upTo(messages.length))
    for (const device of devices) {
      await expectWhole(device, 1, lastSeq)
      expect(device.ends.filter((code) => code >= 3_000 && code !== 3_001)).toEqual([])
      expect(device.unrecovered.filter((channel) => channel === 'conversation:1')).toEqual([])
    }
    expect(blinks.length).toBeGreaterThanOrEqual(devices.length)
    expect(Math.max(...blinks)).toBeLessThan(blinkMaxMs)
    expect({ failures, calls: calls > 20 }).toEqual({ failures: [], calls: true })
    console.log(
      `${messages.length} messages, ${blinks.length} reconnects, longest ${Math.round(Math.max(...blinks))} ms, ${calls} calls`,
    )
  },
)
