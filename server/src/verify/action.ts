import { randomUUID } from 'node:crypto'
import type { ConversationId, MessageId } from '@parley/protocol/ids'
import type { Message } from '@parley/protocol/resources'

/** A message that somebody means to send, and everything its author was told of it. */
export interface Sent {
  readonly conversationId: ConversationId
  readonly clientKey: string
  /** The text; holds the key, so that a copy is found under whatever key it is stored. */
  readonly content: string
  /** When its author pressed Enter, in ms. */
  readonly plannedAt: number
  /** What the server answered. */
  told?: { id: MessageId; seq: number }
  /** What it should say in the end; undefined where the last change was never answered. */
  expected: { content: string; deleted: boolean } | undefined
  /** Its author has decided to delete it. */
  ending?: true
}

export interface Send {
  kind: 'send'
  sent: Sent
  door: Door
}

/** One thing that a person does in a conversation. */
export type Action =
  | Send
  | { kind: 'edit'; sent: Sent; content: string; clientKey: string; door: Door }
  | { kind: 'delete'; sent: Sent; door: Door }

export type Door = 'http' | 'rpc'

export function newSend(run: string, conversationId: ConversationId, plannedAt: number): Sent {
  const clientKey = randomUUID()
  const content = `${run} ${clientKey}`
  return {
    conversationId,
    clientKey,
    content,
    plannedAt,
    expected: { content, deleted: false },
  }
}

interface Call {
  operation: 'messages.send' | 'messages.edit' | 'messages.delete'
  input: Record<string, unknown>
  method: string
  path: string
}

/** The same call for both doors. */
export function callOf(action: Action): Call {
  const { sent } = action
  const message = `/api/messages/${sent.told?.id}`
  switch (action.kind) {
    case 'send': {
      const { conversationId, clientKey, content } = sent
      const input = { conversationId, clientKey, content }
      const path = `/api/conversations/${conversationId}/messages`
      return { operation: 'messages.send', input, method: 'POST', path }
    }
    case 'edit': {
      const { content, clientKey } = action
      const input = { id: sent.told!.id, content, clientKey }
      return { operation: 'messages.edit', input, method: 'PATCH', path: message }
    }
    case 'delete':
      return {
        operation: 'messages.delete',
        input: { id: sent.told!.id },
        method: 'DELETE',
        path: message,
      }
  }
}

/** Notes what the server said about an action. */
export function noteAnswer(action: Action, message: Message): void {
  const { sent } = action
  if (action.kind === 'send') sent.told = { id: message.id, seq: message.seq }
  if (action.kind === 'edit') sent.expected = { content: action.content, deleted: false }
  if (action.kind === 'delete') sent.expected = { content: '', deleted: true }
}
