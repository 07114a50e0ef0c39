/**
 * The messages of the Centrifugo client protocol that Parley speaks, with the numbers of their
 * fields: those of commands are read, those of replies are written. PROTOCOL, "Protobuf".
 */

/**
 * `json` is a field of bytes that hold JSON. `publications` are written as they are delivered;
 * `run` is the same, once for all who missed the same. A map is a message per `entry`.
 */
export type Kind =
  | 'string'
  | 'bool'
  | 'uint'
  | 'int'
  | 'json'
  | 'publication'
  | 'publications'
  | 'run'
  | Schema
  | { readonly entry: Schema }

export interface Field {
  readonly name: string
  readonly number: number
  readonly kind: Kind
}

/** One message's fields; others of the same message are not looked at. */
export interface Schema {
  readonly byName: ReadonlyMap<string, Field>
  readonly byNumber: ReadonlyMap<number, Field>
}

function schema(fields: Record<string, [number: number, kind: Kind]>): Schema {
  const all = Object.entries(fields).map(([name, [number, kind]]) => ({ name, number, kind }))
  return {
    byName: new Map(all.map((field) => [field.name, field])),
    byNumber: new Map(all.map((field) => [field.number, field])),
  }
}

const mapOf = (value: Schema): Kind => ({
  entry: schema({ key: [1, 'string'], value: [2, value] }),
})

const empty = schema({})
const ofChannel = schema({ channel: [1, 'string'] })

const subscribeRequest = schema({
  channel: [1, 'string'],
  token: [2, 'string'],
  recover: [3, 'bool'],
  epoch: [6, 'string'],
  offset: [7, 'uint'],
  data: [8, 'json'],
})

const connectRequest = schema({
  token: [1, 'string'],
  data: [2, 'json'],
  subs: [3, mapOf(subscribeRequest)],
  name: [4, 'string'],
  version: [5, 'string'],
})

const historyRequest = schema({
  channel: [1, 'string'],
  limit: [7, 'int'],
  since: [8, schema({ offset: [1, 'uint'], epoch: [2, 'string'] })],
  reverse: [9, 'bool'],
})

export const command = schema({
  id: [1, 'uint'],
  connect: [4, connectRequest],
  subscribe: [5, subscribeRequest],
  unsubscribe: [6, ofChannel],
  publish: [7, schema({ channel: [1, 'string'], data: [2, 'json'] })],
  presence: [8, ofChannel],
  presence_stats: [9, ofChannel],
  history: [10, historyRequest],
  ping: [11, empty],
  send: [12, schema({ data: [1, 'json'] })],
  rpc: [13, schema({ data: [1, 'json'], method: [2, 'string'] })],
  refresh: [14, schema({ token: [1, 'string'] })],
  sub_refresh: [15, schema({ channel: [1, 'string'], token: [2, 'string'] })],
})

/** The fields of a publication, which is not written from a table: there are too many of them. */
export const publication = { data: 4, offset: 6 } as const
export const subscribeResultPublications = 7

const subscribeResult = schema({
  recoverable: [3, 'bool'],
  epoch: [6, 'string'],
  publications: [subscribeResultPublications, 'run'],
  recovered: [8, 'bool'],
  offset: [9, 'uint'],
  positioned: [10, 'bool'],
  data: [11, 'json'],
  was_recovering: [12, 'bool'],
})

const connectResult = schema({
  client: [1, 'string'],
  version: [2, 'string'],
  expires: [3, 'bool'],
  ttl: [4, 'uint'],
  data: [5, 'json'],
  subs: [6, mapOf(subscribeResult)],
  ping: [7, 'uint'],
  pong: [8, 'bool'],
})

const push = schema({
  channel: [2, 'string'],
  pub: [4, 'publication'],
  unsubscribe: [7, schema({ code: [2, 'uint'], reason: [3, 'string'] })],
  subscribe: [
    9,
    schema({
      recoverable: [1, 'bool'],
      epoch: [4, 'string'],
      offset: [5, 'uint'],
      positioned: [6, 'bool'],
      data: [7, 'json'],
    }),
  ],
})

const clientInfo = schema({ user: [1, 'string'], client: [2, 'string'] })

export const reply = schema({
  id: [1, 'uint'],
  error: [2, schema({ code: [1, 'uint'], message: [2, 'string'], temporary: [3, 'bool'] })],
  push: [4, push],
  connect: [5, connectResult],
  subscribe: [6, subscribeResult],
  unsubscribe: [7, empty],
  publish: [8, empty],
  presence: [9, schema({ presence: [1, mapOf(clientInfo)] })],
  presence_stats: [10, schema({ num_clients: [1, 'uint'], num_users: [2, 'uint'] })],
  history: [
    11,
    schema({ publications: [1, 'publications'], epoch: [2, 'string'], offset: [3, 'uint'] }),
  ],
  rpc: [13, schema({ data: [1, 'json'] })],
  refresh: [
    14,
    schema({
      client: [1, 'string'],
      version: [2, 'string'],
      expires: [3, 'bool'],
      ttl: [4, 'uint'],
    }),
  ],
})
