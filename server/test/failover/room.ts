/** What somebody has of `First thread`, with the official client, as a web app keeps it. */
import { randomUUID } from 'node:crypto'
import type { Message } from '@parley/protocol/resources'
import type { Pool } from '../../src/database/pool.ts'
import { clientFor, signIn, until, type TestApp } from '../app.ts'

export const room = 'conversation:1'

export interface Reader {
  /** `seq content`, in the order of the line. */
  shown(): string[]
  /** Numbers that came live although they were there. */
  doubled: number
  /** How often the conversation began anew. */
  reloads: number
  connections: number
  /** Sends until there is an answer. */
  send(content: string): Promise<Message>
  /** What the server holds, as a reader shows it, and the name of its numbering. */
  truth(): Promise<{ epoch: string; messages: string[] }>
}

export async function aReader(
  { url, gatewayUrl }: Pick<TestApp, 'url' | 'gatewayUrl'>,
  username: string,
): Promise<Reader> {
  const { cookie, call } = await signIn(url, username)
  const client = clientFor(gatewayUrl, { cookie })
  let messages = new Map<number, string>()
  const live = new Set<number>()
  const reader: Reader = {
    shown: () =>
      [...messages].sort(([a], [b]) => a - b).map(([seq, content]) => `${seq} ${content}`),
    doubled: 0,
    reloads: 0,
    connections: 0,
    async send(content) {
      const draft = { conversationId: 1, content, clientKey: randomUUID() }
      for (;;) {
        try {
          return (await client.rpc('messages.send', draft)).data.message
        } catch (error) {
          const { code } = error as { code?: number }
          if (code === undefined || (code >= 100 && code !== 111 && code !== 503)) throw error
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    },
    async truth() {
      const page = await call('GET', '/api/conversations/1/messages?limit=200')
      const changes = await call('GET', '/api/conversations/1/changes?after=0&limit=1')
      const found: Message[] = page.body.messages
      return {
        epoch: changes.body.epoch,
        messages: found.map(({ seq, content }) => `${seq} ${content}`),
      }
    },
  }
  async function reload() {
    const mine = (messages = new Map<number, string>())
    live.clear()
    reader.reloads++
    while (mine === messages) {
      try {
        const { data } = await client.rpc('messages.list', { conversationId: 1, limit: 200 })
        for (const { seq, content } of data.messages) mine.set(seq, content)
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  client.on('connected', () => reader.connections++)
  client.on('subscribed', ({ channel, recovered }) => {
    if (channel === room && !recovered) void reload()
  })
  client.on('publication', ({ channel, data }) => {
    if (channel !== room) return
    if (live.has(data.seq)) reader.doubled++
    live.add(data.seq)
    if (data.message) messages.set(data.seq, data.message.content)
  })
  client.connect()
  await client.ready(10_000)
  await until('the conversation is there', () => reader.reloads > 0)
  return reader
}

/** What the database holds, as a reader shows it. */
export async function stored(pool: Pool): Promise<string[]> {
  const rows = await pool.query<{ seq: number; content: string }>({
    text: 'select seq, content from chat_messages where conversation_id = 1 order by seq',
  })
  return rows.map(({ seq, content }) => `${seq} ${content}`)
}

/** A log that keeps what it is told as warnings. */
export function aLog() {
  const warnings: string[] = []
  return {
    warnings,
    newEpochs: () => warnings.filter((text) => text.startsWith('a new epoch')),
    log: {
      debug() {},
      info() {},
      warn: (_fields: object, message: string) => void warnings.push(message),
      error: (_fields: object, message: string) => void warnings.push(message),
    },
  }
}
