/**
 * The Centrifugo client protocol in its JSON form: field names as on the wire (snake_case).
 * A frame is one or more JSON objects separated by newlines. docs/PROTOCOL.md, "Frames".
 */

export interface SubscribeRequest {
  channel: string
  token?: string
  recover?: boolean
  epoch?: string
  offset?: number
  data?: unknown
}

export interface ConnectRequest {
  token?: string
  data?: unknown
  subs?: Record<string, Omit<SubscribeRequest, 'channel'>>
  name?: string
  version?: string
}

export interface StreamPosition {
  offset: number
  epoch: string
}

interface Requests {
  connect: ConnectRequest
  ping: object
  subscribe: SubscribeRequest
  unsubscribe: { channel: string }
  publish: { channel: string; data?: unknown }
  presence: { channel: string }
  presence_stats: { channel: string }
  history: { channel: string; limit?: number; since?: StreamPosition; reverse?: boolean }
  rpc: { method?: string; data?: unknown }
  send: { data?: unknown }
  refresh: { token?: string }
  sub_refresh: { channel: string; token?: string }
}

export type CommandName = keyof Requests

/** One decoded command. `id` is 0 only for `send`, which has no reply, and for the pong. */
export type Command =
  | { [Name in CommandName]: { id: number; name: Name; request: Requests[Name] } }[CommandName]
  | { id: 0; name: 'pong' }

export interface ClientInfo {
  user: string
  client: string
}

export interface WirePublication {
  data: unknown
  offset?: number
}

export interface SubscribeResult {
  recoverable?: true
  positioned?: true
  epoch?: string
  offset?: number
  was_recovering?: true
  recovered?: true
  publications?: WirePublication[]
  data?: unknown
}

export interface ConnectResult {
  client: string
  version: string
  expires?: true
  ttl?: number
  data?: unknown
  subs?: Record<string, SubscribeResult>
  ping?: number
  pong?: true
}

export interface RefreshResult {
  client: string
  version: string
  expires?: true
  ttl?: number
}

export interface ErrorReply {
  code: number
  message: string
  temporary?: true
}

export interface HistoryResult {
  publications: WirePublication[]
  epoch: string
  offset: number
}
