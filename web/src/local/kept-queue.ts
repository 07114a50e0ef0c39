import { isClosed } from './database.ts'
import {
  type Change,
  changedIn,
  memoryQueue,
  type Outgoing,
  type Place,
  type Queue,
} from './queue.ts'

interface Kept {
  queue: Queue
  /** Something is in this page only. */
  isVolatile(): boolean
}

interface Unnoted {
  clientKey: string
  change: Change
  place: Place | undefined
}

/** What the browser does not take (no storage, no room), the page keeps while it is open. */
export function keptQueue(disk: Queue | undefined, failed: () => void): Kept {
  const memory = memoryQueue()
  const isVolatile = () => !memory.isEmpty()
  if (!disk) return { queue: memory, isVolatile }
  /** Changes of what the disk has that it did not take yet: what it says is read with them. */
  let unnoted: readonly Unnoted[] = []
  let lastTurn: Promise<void> = Promise.resolve()

  const inTurn = (work: () => Promise<void>) => (lastTurn = lastTurn.then(work))
  const asChanged = (found: readonly Outgoing[]) =>
    unnoted.reduce(
      (all, { clientKey, change, place }) => changedIn(all, clientKey, change, place),
      found,
    )
  const none = (error: unknown) => {
    if (!isClosed(error)) console.error('this browser does not say what it keeps', error)
    return []
  }

  async function add(outgoing: Outgoing, draft: string | undefined): Promise<void> {
    const before = await memory.of(outgoing.conversationId)
    // What is on disk stands before it, and would be sent first.
    if (before.some(({ stored, refusal }) => !stored && !refusal)) return memory.add(outgoing)
    try {
      await disk!.add(outgoing, draft)
    } catch (error) {
      console.error('this browser does not keep what is written', error)
      failed()
      await memory.add(outgoing)
    }
  }

  async function note(): Promise<void> {
    const refused = new Set<string>()
    for (const each of unnoted) {
      if (refused.has(each.clientKey)) continue
      try {
        await disk!.change(each.clientKey, each.change, each.place)
        unnoted = unnoted.filter((other) => other !== each)
      } catch (error) {
        if (!isClosed(error)) console.error('this browser does not keep what was done', error)
        refused.add(each.clientKey)
      }
    }
  }

  const queue: Queue = {
    all: async () => [...asChanged(await disk.all().catch(none)), ...(await memory.all())],
    of: async (id) => [...asChanged(await disk.of(id).catch(none)), ...(await memory.of(id))],
    add: (outgoing, draft) => inTurn(() => add(outgoing, draft)),
    async change(clientKey, change, place) {
      await memory.change(clientKey, change, place)
      unnoted = [...unnoted, { clientKey, change, place }]
      await inTurn(note)
    },
  }
  return { queue, isVolatile }
}
