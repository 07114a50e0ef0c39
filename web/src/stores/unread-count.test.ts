import type { Change } from '@parley/protocol/changes'
import type { Message } from '@parley/protocol/resources'
import type { OwnPosition } from '@parley/protocol/state'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  aConversation,
  aMessage,
  bill,
  created,
  deleted,
  edited,
  john,
} from './testing/builders.ts'
import { applyRead, applyToSummary, summarize, type Summary } from './summary.ts'

const me = john.id

/** A line, and my place on it, as the server has them: counted anew whenever it is asked. */
function aServer() {
  const messages: Message[] = []
  const line: Change[] = []
  let [lastReadSeq, rev] = [0, 0]

  const add = (change: Change) => void line.push(change)
  const moveTo = (seq: number) => {
    if (seq === lastReadSeq) return
    lastReadSeq = seq
    rev++
  }
  const pick = (at: number) => messages[at % messages.length]
  const change = (at: number, make: (seq: number, message: Message) => Change) => {
    const message = pick(at)
    if (!message || message.deletedAt) return
    const done = make(line.length + 1, message)
    add(done)
    if ('message' in done) messages[messages.indexOf(message)] = done.message
  }

  return {
    line,
    position(): OwnPosition {
      const unread = messages.filter(({ seq, deletedAt }) => seq > lastReadSeq && !deletedAt)
      const toMe = unread.filter(({ user, mentions }) => user.id !== me && mentions.includes(me))
      const read = messages.filter(({ seq }) => seq <= lastReadSeq)
      return {
        ...{ lastReadSeq, lastReadOrdinal: read.length, rev, lastSeq: line.length },
        ...{ unread: unread.length, mentions: toMe.length },
      }
    },
    write(mine: boolean, names: boolean) {
      const seq = line.length + 1
      const message = aMessage(seq, {
        ...{ user: mine ? john : bill, ordinal: messages.length + 1 },
        mentions: names && !mine ? [me] : [],
      })
      messages.push(message)
      add(created(message))
      if (mine) moveTo(seq)
    },
    edit: (at: number, names: boolean) =>
      change(at, (seq, message) => {
        const mentions = names && message.user.id !== me ? [me] : []
        return edited(seq, { ...message, mentions }, 'better')
      }),
    delete: (at: number) =>
      change(at, (seq, message) => deleted(seq, { ...message, mentions: [] })),
    read: (at: number) => moveTo(Math.max(lastReadSeq, at % (line.length + 1))),
    setBack(at: number) {
      const seq = pick(at)?.seq
      if (seq !== undefined && seq <= lastReadSeq) moveTo(seq - 1)
    },
  }
}

const number = fc.nat(1_000)
const deed = fc.oneof(
  ...[false, true].map((mine) =>
    fc.record({ do: fc.constant('write' as const), mine: fc.constant(mine), names: fc.boolean() }),
  ),
  fc.record({ do: fc.constant('edit' as const), at: number, names: fc.boolean() }),
  fc.record({ do: fc.constant('delete' as const), at: number }),
  fc.record({ do: fc.constant('read' as const), at: number }),
  fc.record({ do: fc.constant('setBack' as const), at: number }),
  fc.record({ do: fc.constant('ask' as const) }),
  fc.record({ do: fc.constant('arrive' as const), count: fc.nat(4) }),
  fc.record({ do: fc.constant('tell' as const), at: number }),
)

test('unread and mentions equal a recount after any history, however late positions are told', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 40 }), fc.nat(30), (deeds, openedAfter) => {
      const server = aServer()
      let summary: Summary | undefined
      let arrived = 0
      const untold: OwnPosition[] = []
      const arrive = (count: number) => {
        for (const change of server.line.slice(arrived, arrived + count))
          summary = applyToSummary(summary!, change, me)
        arrived = Math.min(server.line.length, arrived + count)
      }
      const tell = (at: number) => {
        const [position] = untold.splice(at % (untold.length || 1), 1)
        if (position) summary = applyRead(summary!, position)
      }
      for (const [index, each] of deeds.entries()) {
        if (index >= openedAfter && !summary) {
          summary = summarize(aConversation(server.position()))
          arrived = server.line.length
        }
        const before = server.position().rev
        if (each.do === 'write') server.write(each.mine, each.names)
        else if (each.do === 'edit') server.edit(each.at, each.names)
        else if (each.do === 'delete') server.delete(each.at)
        else if (each.do === 'read') server.read(each.at)
        else if (each.do === 'setBack') server.setBack(each.at)
        else if (summary && each.do === 'arrive') arrive(each.count)
        else if (summary && each.do === 'tell') tell(each.at)
        const moved =
          (each.do === 'read' || each.do === 'setBack') && server.position().rev > before
        if (moved || each.do === 'ask') untold.push(server.position())
      }
      if (!summary) return
      arrive(Infinity)
      while (untold.length > 0) tell(0)
      const truth = server.position()
      const { lastReadSeq, unread, mentions } = summary.conversation
      expect({ lastReadSeq, unread }).toEqual({
        lastReadSeq: truth.lastReadSeq,
        unread: truth.unread,
      })
      if (!summary.isGuess) expect(mentions).toBe(truth.mentions)
      const asked = applyRead(summary, truth)
      expect(asked).toMatchObject({ isGuess: false, conversation: { mentions: truth.mentions } })
    }),
    { numRuns: 3_000 },
  )
})

test('a long absence of reading does not make the count grow without end, or wrong', () => {
  const server = aServer()
  let summary = summarize(aConversation(server.position()))
  for (let n = 0; n < 2_000; n++) {
    if (n % 10 === 9) server.delete(n)
    else server.write(false, n % 7 === 0)
    summary = applyToSummary(summary, server.line.at(-1)!, me)
  }
  expect(summary.conversation.unread).toBe(server.position().unread)
  expect(summary.count.events.length).toBeLessThanOrEqual(500)
})
