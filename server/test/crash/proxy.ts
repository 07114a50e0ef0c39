/** A network between the server and its PostgreSQL that can keep what the database answers to sends. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** One call of `send_messages_2`, whose answer the server has not got yet. */
export interface Withheld {
  /** PostgreSQL has said that it is ready again: the call's transaction is over. */
  readonly answered: boolean
  /** Lets the answer go on to the server. */
  release(): void
}

export interface Proxy {
  /** For DATABASE_URL. */
  url(user: string, database: string): string
  /** From now on the answers to sends stay here. */
  withhold(): void
  /** From now on everything passes; what is withheld stays so. */
  pass(): void
  /** Since `withhold`, in the order in which the database was asked. */
  readonly withheld: readonly Withheld[]
}

/** @param socketPath of the PostgreSQL to connect to */
export async function aProxy(socketPath: string): Promise<Proxy> {
  let withholding = false
  let withheld: Answer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(socketPath)
    const pair = [client, database]
    for (const socket of pair) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const each of pair) each.destroy()
      })
    }
    relay(client, database, () => {
      if (!withholding) return undefined
      const answer = new Answer(client)
      withheld.push(answer)
      return answer
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: (user, database) => `postgres://${user}@127.0.0.1:${port}/${database}`,
    withhold() {
      withholding = true
      withheld = []
    },
    pass() {
      withholding = false
    },
    get withheld() {
      return withheld
    },
  }
}

class Answer implements Withheld {
  answered = false
  #released = false
  readonly #chunks: Buffer[] = []
  readonly #client: Socket
  readonly #messages = new MessageReader(false)

  constructor(client: Socket) {
    this.#client = client
  }

  take(chunk: Buffer): void {
    for (const { type } of this.#messages.read(chunk)) if (type === 'Z') this.answered = true
    if (this.#released) this.#client.write(chunk)
    else this.#chunks.push(chunk)
  }

  release(): void {
    this.#released = true
    for (const chunk of this.#chunks.splice(0)) this.#client.write(chunk)
  }
}

/** The server's driver asks one thing at a time: an answer belongs to the last question. */
function relay(client: Socket, database: Socket, onSend: () => Answer | undefined): void {
  const questions = new MessageReader(true)
  const sendStatements = new Set<string>()
  let answer: Answer | undefined
  client.on('data', (chunk) => {
    for (const { type, body } of questions.read(chunk)) {
      if (type === 'P') {
        const [name = '', text = ''] = body.toString().split('\0')
        if (text.includes('send_messages_2')) sendStatements.add(name)
      } else if (type === 'B') {
        const [, statement = ''] = body.toString('latin1').split('\0', 2)
        answer = sendStatements.has(statement) ? onSend() : undefined
      }
    }
    database.write(chunk)
  })
  database.on('data', (chunk) => {
    if (answer) answer.take(chunk)
    else client.write(chunk)
  })
}

/** Cuts a stream of PostgreSQL's messages: a type and a length; the very first has no type. */
class MessageReader {
  #rest: Buffer = Buffer.alloc(0)
  #untyped: boolean

  constructor(beginsUntyped: boolean) {
    this.#untyped = beginsUntyped
  }

  *read(chunk: Buffer): Generator<{ type: string; body: Buffer }> {
    this.#rest = Buffer.concat([this.#rest, chunk])
    for (;;) {
      const header = this.#untyped ? 0 : 1
      if (this.#rest.length < header + 4) return
      const end = header + this.#rest.readUInt32BE(header)
      if (this.#rest.length < end) return
      const type = this.#rest.toString('latin1', 0, header)
      const body = this.#rest.subarray(header + 4, end)
      this.#rest = this.#rest.subarray(end)
      this.#untyped = false
      yield { type, body }
    }
  }
}
