/** Compares what everybody saw and was told with what the database holds. */
import type { Change } from '@parley/protocol/changes'
import type { ConversationId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'
import type { Sent } from './action.ts'
import { entryOf, type SeenLine } from './seen-line.ts'

/** A conversation's line, as it is stored. */
export interface StoredLine {
  conversationId: ConversationId
  lastSeq: number
  changes: Change[]
}

export interface Author {
  username: string
  written: ReadonlyMap<ConversationId, readonly Sent[]>
}

export interface Viewer {
  username: string
  lines: ReadonlyMap<ConversationId, SeenLine>
}

export interface Verdict {
  /** Of the messages that people meant to send. */
  stored: number
  delivered: number
  lost: number
  duplicated: number
  outOfOrder: number
  /** The first of each kind, in words. */
  findings: string[]
}

const findingsMax = 20

export class Judge {
  readonly verdict: Verdict = {
    stored: 0,
    delivered: 0,
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
    findings: [],
  }

  #find(kind: 'lost' | 'duplicated' | 'outOfOrder', sentence: string, count = 1): void {
    this.verdict[kind] += count
    if (count > 0 && this.verdict.findings.length < findingsMax)
      this.verdict.findings.push(sentence)
  }

  /** Numbers 1 to n without holes, each text once, and each author's messages in the order written. */
  line({ conversationId, lastSeq, changes }: StoredLine, authors: Author[]): void {
    const missing = lastSeq - changes.length
    if (missing > 0)
      this.#find(
        'lost',
        `conversation ${conversationId} has ${missing} numbers without an entry`,
        missing,
      )
    for (const [index, { seq }] of changes.entries())
      if (index > 0 && seq !== changes[index - 1]!.seq + 1)
        this.#find(
          'outOfOrder',
          `conversation ${conversationId}: ${seq} follows ${changes[index - 1]!.seq}`,
        )
    const stored = messagesOf(changes)
    for (const { username, written } of authors)
      this.#author(username, written.get(conversationId) ?? [], stored)
  }

  #author(username: string, written: readonly Sent[], stored: Map<string, Message[]>): void {
    let lastSeq = 0
    for (const sent of written) {
      const copies = stored.get(sent.clientKey) ?? []
      const [first, ...more] = copies
      if (first) this.verdict.stored++
      if (more.length > 0)
        this.#find(
          'duplicated',
          `${username}'s "${sent.content}" is stored ${copies.length} times`,
          more.length,
        )
      if (
        sent.told &&
        !copies.some(({ id, seq }) => id === sent.told!.id && seq === sent.told!.seq)
      )
        this.#find(
          'lost',
          `${username} was told that "${sent.content}" is message ${sent.told.id}, which is not stored`,
        )
      if (first && first.seq < lastSeq)
        this.#find('outOfOrder', `${username}'s "${sent.content}" is stored before an earlier one`)
      if (first) lastSeq = first.seq
      if (first && sent.told) this.#content(username, sent, first)
    }
  }

  #content(username: string, { expected }: Sent, { id, content, deletedAt }: Message): void {
    if (!expected) return
    if (
      expected.deleted === (deletedAt !== null) &&
      (expected.deleted || expected.content === content)
    )
      return
    this.#find('lost', `${username}'s last change of message ${id} was answered and is not stored`)
  }

  /** Everything after where the device began, once and in order, with the content that is stored. */
  device({ username, lines }: Viewer, stored: StoredLine): void {
    const where = `${username} in conversation ${stored.conversationId}`
    const line = lines.get(stored.conversationId)
    if (!line) return this.#find('lost', `${where} saw nothing`, stored.changes.length)
    this.verdict.delivered += line.count
    this.#find(
      'duplicated',
      `${where} was handed ${line.duplicated} entries again`,
      line.duplicated,
    )
    this.#find(
      'outOfOrder',
      `${where} was handed ${line.outOfOrder} entries too late`,
      line.outOfOrder,
    )
    const final = new Map<number, Message>()
    for (const change of stored.changes) {
      if (change.seq <= line.startedAt) continue
      if (line.entryAt(change.seq) !== entryOf(change))
        this.#find('lost', `${where} did not get entry ${change.seq} (${entryOf(change)})`)
      if ('message' in change) final.set(change.message.id, change.message)
    }
    for (const [id, message] of final) {
      const seen = line.messages.get(id)
      const same = seen?.content === message.content && seen.version === message.version
      if (seen && !same)
        this.#find(
          'lost',
          `${where} shows version ${seen.version} of message ${id}, not ${message.version}`,
        )
    }
    if (line.highest > stored.lastSeq)
      this.#find('lost', `${where} saw ${line.highest}, and the line ends at ${stored.lastSeq}`)
  }
}

/** By the key that the author gave; the text has it too, should it be stored under another one. */
function messagesOf(changes: Change[]): Map<string, Message[]> {
  const byKey = new Map<string, Message[]>()
  for (const change of changes) {
    if (change.type !== 'message.created') continue
    const key = keyIn(change.message)
    byKey.set(key, [...(byKey.get(key) ?? []), change.message])
  }
  return byKey
}

const keyShape = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/

const keyIn = ({ content, clientKey }: Message): string => keyShape.exec(content)?.[0] ?? clientKey
