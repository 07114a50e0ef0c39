import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Bus, BusListener, ControlMessage } from '../../src/delivery/bus.ts'
import type { Publication } from '../../src/delivery/publication.ts'
import { until } from '../app.ts'

export interface Listening {
  bus: Bus
  publications: Publication[]
  messages: ControlMessage[]
  interruptions: number
  /** The data of what came on this channel. */
  on(channel: string): string[]
}

/** What a hub does, keeping what it hears. */
export function listening(bus: Bus): Listening {
  const heard: Listening = {
    bus,
    publications: [],
    messages: [],
    interruptions: 0,
    on: (channel) =>
      heard.publications.filter((each) => each.channel === channel).map(({ data }) => data),
  }
  const listener: BusListener = {
    publication: (publication) => void heard.publications.push(publication),
    control: (message) => void heard.messages.push(message),
    interrupted: () => void heard.interruptions++,
  }
  bus.listen(listener)
  onTestFinished(() => bus.close())
  return heard
}

export const aPublication = (offset: number, channel = 'conversation:1'): Publication => ({
  channel,
  position: { epoch: 'e1', offset },
  data: JSON.stringify({ seq: offset }),
})

/**
 * What every driver promises.
 * @param create the buses of as many nodes, connected to each other
 */
export function describeBus(name: string, create: (nodes: number) => Promise<Bus[]>, nodes = 2) {
  const aBus = async () => (await create(nodes)).map(listening)

  describe(`the ${name} bus`, () => {
    it('brings a publication to every node that subscribed, as it was', async () => {
      const all = await aBus()
      const told: Publication[] = [
        aPublication(1),
        { ...aPublication(2), endsUser: '7' },
        { channel: 'conversation:1', data: '{}', topic: 'reads' },
        { channel: 'conversation:1', data: '"Grüße 👋\\n\\u0000\u2028"' },
        { channel: 'conversation:1', data: '' },
      ]
      await Promise.all(all.map(({ bus }) => bus.subscribe('conversation:1')))
      for (const publication of told) all[0]!.bus.publish(publication)
      for (const { publications } of all) {
        await until('they came', () => publications.length === told.length)
        expect(publications).toEqual(told)
      }
    })

    it('brings a node its own publication in the same turn, and once', async () => {
      const [node] = await aBus()
      await node!.bus.subscribe('conversation:1')
      node!.bus.publish(aPublication(1))
      expect(node!.on('conversation:1')).toEqual(['{"seq":1}'])
      node!.bus.control({ type: 'recheck', user: '1' })
      expect(node!.messages).toEqual([{ type: 'recheck', user: '1' }])
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      expect(node!.publications).toHaveLength(1)
      expect(node!.messages).toHaveLength(1)
    })

    it('keeps the order of one publisher, however much there is in a turn', async () => {
      const all = await aBus()
      const channels = Array.from({ length: 100 }, (_, index) => `conversation:${index}`)
      for (const { bus } of all) await Promise.all(channels.map((each) => bus.subscribe(each)))
      for (let offset = 1; offset <= 50; offset++) {
        for (const channel of channels) all[0]!.bus.publish(aPublication(offset, channel))
        if (offset % 10 === 0) await nextTurn()
      }
      const expected = Array.from({ length: 50 }, (_, index) => `{"seq":${index + 1}}`)
      for (const node of all) {
        await until('all came', () => node.publications.length === 50 * channels.length)
        for (const channel of channels) expect(node.on(channel)).toEqual(expected)
      }
    })

    it('brings nothing of channels that a node did not subscribe, or left', async () => {
      const all = await aBus()
      const last = all.at(-1)!
      await Promise.all(['a', 'b', 'c'].map((channel) => last.bus.subscribe(channel)))
      last.bus.unsubscribe('b')
      for (const channel of ['b', 'x', 'c', 'a']) all[0]!.bus.publish(aPublication(1, channel))
      await until('the others came', () => last.publications.length >= 2)
      expect(last.publications.map(({ channel }) => channel).sort()).toEqual(['a', 'c'])
      await last.bus.subscribe('b')
      all[0]!.bus.publish(aPublication(2, 'b'))
      await until('it came', () => last.on('b').length > 0)
    })

    it('brings control messages to all nodes', async () => {
      const all = await aBus()
      const message: ControlMessage = { type: 'recheck', user: '42' }
      all[0]!.bus.control(message)
      for (const { messages } of all) {
        await until('it came', () => messages.length > 0)
        expect(messages).toEqual([message])
      }
    })
  })
}
