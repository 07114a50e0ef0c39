/** Who a session belongs to. Rules hand out richer ones and get them back as they were. */
export interface Identity {
  /** As on the wire: the user's id as a string. */
  readonly user: string
  /** Topics of publications that are not sent to this session; a recheck may change them. */
  readonly muted?: readonly string[]
}

export interface Credentials {
  token: string | undefined
  data: unknown
  /** Headers of the upgrade request. */
  cookie: string | undefined
  origin: string | undefined
  host: string | undefined
}

export interface Grant {
  identity: Identity
  /** For the connect reply. */
  data: unknown
  /** The session ends then unless it is refreshed; absent: never. */
  expiresAtMs?: number
}

/** What the first screen needs of a channel, read at exactly this position. */
export interface Screen {
  data: unknown
  epoch: string
  offset: number
}

/** Where the server puts a session. */
export interface ServerChannels {
  now: string[]
  /** Once something changes there; those that are new to a connected session at once. */
  later: string[]
}

export interface RpcContext {
  /**
   * Holds the channel's publications for this session back until the answer has left. Resolves when
   * no other call of the session holds it.
   */
  hold(channel: string): Promise<void>
}

export interface RpcAnswer {
  data: unknown
  /** The answer contains these publications of the held channel: they are not delivered as well. */
  contains?: number[]
}

/**
 * Everything the gateway has to ask: it knows sessions, channels and frames, never conversations.
 * Each method throws a Refusal for "no". Rights are read when asked, never remembered here.
 */
export interface Rules {
  connect(credentials: Credentials): Promise<Grant>
  /** The server-side channels as of now; undefined where the session has to end. */
  recheck(identity: Identity): Promise<ServerChannels | undefined>
  screens(identity: Identity, channels: string[]): Promise<Map<string, Screen>>
  /** State of channels that go on without a screen, as data for a publication without a number. */
  states(identity: Identity, channels: string[]): Promise<Map<string, unknown>>
  /** A client asks to be on a channel, or to look into its past or presence. */
  subscribe(identity: Identity, channel: string): Promise<void>
  publish(identity: Identity, channel: string, data: unknown): Promise<void>
  rpc(identity: Identity, method: string, data: unknown, context: RpcContext): Promise<RpcAnswer>
  /** A fresh token for the same user. */
  refresh(identity: Identity, token: string): Promise<{ expiresAtMs?: number }>
  /** The users among these whose rights may have changed since they were last rechecked. */
  changedUsers(identities: Identity[]): Promise<Set<string>>
}
