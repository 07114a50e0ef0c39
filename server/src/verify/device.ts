import { parseChannel } from '@parley/protocol/channels'
import type { Change } from '@parley/protocol/changes'
import type { ConversationId } from '@parley/protocol/ids'
import type { Output } from '@parley/protocol/operations'
import { Centrifuge, type SubscribedContext } from 'centrifuge'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Server } from './server.ts'
import { StageError } from './stage-error.ts'
import { SeenLine } from './seen-line.ts'

export interface DeviceEvents {
  /** A change was handed to the application, live or in recovery. */
  seen(change: Change): void
}

const connectWithinMs = 30_000
const callTimeoutMs = 5_000
const againMs = 200

/** One signed-in person's browser: the official client, and what it was given to show. */
export class Device {
  readonly lines = new Map<ConversationId, SeenLine>()
  readonly client: Centrifuge
  /** Subscriptions that continued where a connection had ended. */
  resumed = 0
  /** Subscriptions that could not, so that the past was read page by page. */
  reread = 0
  /** Conversations that were loaded anew, because their numbering has a new name. */
  reloaded = 0
  readonly #events: DeviceEvents
  /** Conversations whose past is being read up to a number, with what came live meanwhile. */
  readonly #reading = new Map<ConversationId, { upTo: number; live: Change[] }>()
  #closed = false

  constructor(server: Server, cookie: string, events: DeviceEvents) {
    this.#events = events
    this.client = new Centrifuge(server.gatewayUrl, {
      name: 'parley-verify',
      websocket: socketWith(server, cookie),
      timeout: callTimeoutMs,
      minReconnectDelay: 100,
      maxReconnectDelay: 1_000,
    })
    this.client.on('subscribed', (context) => this.#subscribed(context))
    this.client.on('publication', ({ channel, data }) => {
      const address = parseChannel(channel)
      if (address?.kind === 'conversation' && 'seq' in data) this.#arrived(address.id, data)
    })
  }

  async connect(): Promise<void> {
    this.client.connect()
    await this.client.ready(connectWithinMs).catch((error: { message: string }) => {
      throw new StageError(`A simulated person could not connect: ${error.message}.`)
    })
  }

  isAt(id: ConversationId, lastSeq: number): boolean {
    const line = this.lines.get(id)
    return line !== undefined && !this.#reading.has(id) && line.highest >= lastSeq
  }

  close(): void {
    this.#closed = true
    this.client.disconnect()
  }

  #subscribed({ channel, streamPosition, recovered }: SubscribedContext): void {
    const address = parseChannel(channel)
    if (address?.kind !== 'conversation' || !streamPosition) return
    const { epoch, offset } = streamPosition
    const line = this.lines.get(address.id)
    if (!line) this.lines.set(address.id, new SeenLine(epoch, offset))
    else if (recovered) this.resumed++
    else if (line.epoch !== epoch) this.#startAnew(line, epoch, offset)
    else if (line.highest < offset) void this.#readMissing(address.id, line, offset)
  }

  #startAnew(line: SeenLine, epoch: string, offset: number): void {
    this.reloaded++
    line.startAnew(epoch, offset)
  }

  #arrived(id: ConversationId, change: Change): void {
    const reading = this.#reading.get(id)
    if (reading) reading.live.push(change)
    else this.#take(id, change)
  }

  #take(id: ConversationId, change: Change): void {
    this.lines.get(id)?.take(change)
    this.#events.seen(change)
  }

  /** As an application does whose subscription was not recovered: it reads up to where it begins. */
  async #readMissing(id: ConversationId, line: SeenLine, upTo: number): Promise<void> {
    this.reread++
    const reading = { upTo, live: [] }
    const isFirst = !this.#reading.has(id)
    this.#reading.set(id, reading)
    if (!isFirst) return
    while (line.highest < this.#reading.get(id)!.upTo && !this.#closed) {
      const input = { id, after: line.highest, epoch: line.epoch }
      const answer = await this.client.rpc('conversations.changes', input).catch(() => undefined)
      if (answer) this.#takePage(id, line, answer.data)
      else await delay(againMs)
    }
    const { live } = this.#reading.get(id)!
    this.#reading.delete(id)
    for (const change of live) this.#take(id, change)
  }

  #takePage(id: ConversationId, line: SeenLine, page: Output<'conversations.changes'>): void {
    const { upTo } = this.#reading.get(id)!
    if (page.reset) this.#startAnew(line, page.epoch, upTo)
    else for (const change of page.changes) if (change.seq <= upTo) this.#take(id, change)
  }
}

function socketWith({ headers, tls }: Server, cookie: string) {
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      // As in browsers: one frame after the other, each with all that it sets off.
      const asInBrowsers = { allowSynchronousEvents: false, perMessageDeflate: false }
      super(address, protocols, { ...asInBrowsers, ...tls, headers: { ...headers, cookie } })
    }
  }
}
