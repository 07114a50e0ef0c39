import type {
  Command,
  ClientInfo,
  ConnectResult,
  ErrorReply,
  HistoryResult,
  RefreshResult,
  SubscribeResult,
} from '@parley/protocol/frames'
import type { Publication } from '../../delivery/publication.ts'

/** The forms of the protocol; a connection has one for its whole life (PROTOCOL, "Frames"). */
export type Form = 'json' | 'protobuf'

/** `Result` with its publications as they are delivered: what they carry is JSON text already. */
type Carrying<Result> = Omit<Result, 'publications'> & { publications?: readonly Publication[] }

export type SubscribeReply = Carrying<SubscribeResult>
export type ConnectReply = Omit<ConnectResult, 'subs'> & { subs: Record<string, SubscribeReply> }

interface Results {
  error: ErrorReply
  connect: ConnectReply
  subscribe: SubscribeReply
  unsubscribe: object
  publish: object
  presence: { presence: Record<string, ClientInfo> }
  presence_stats: { num_clients: number; num_users: number }
  history: Carrying<HistoryResult>
  rpc: { data: unknown }
  refresh: RefreshResult
}

export type Reply = {
  [Name in keyof Results]: { id: number } & { [Key in Name]: Results[Name] }
}[keyof Results]

export interface Push {
  push: { channel: string } & (
    | { subscribe: Omit<SubscribeResult, 'publications'> }
    | { unsubscribe: { code: number; reason: string } }
  )
}

/** What a session is sent, apart from publications: named and nested as PROTOCOL has it. */
export type Message = Reply | Push

/** One form of the protocol: between the bytes of a WebSocket message and what they say. */
export interface Codec {
  readonly form: Form
  /**
   * The commands of one WebSocket message.
   * @throws Disconnect `badRequest` for anything undecodable, `tooManyRequests` for too many of them
   */
  decode(message: Buffer): Command[]
  /** These messages as one finished WebSocket frame. */
  encode(...messages: Message[]): Buffer
  /** The same for publications of one channel. */
  publications(publications: readonly Publication[]): Buffer
  /** A finished frame. */
  readonly ping: Buffer
}
