import type { z } from 'zod'
import { conversations } from './operations/conversations.ts'
import { members } from './operations/members.ts'
import { messages } from './operations/messages.ts'
import type { Operation } from './operations/operation.ts'
import { users } from './operations/users.ts'

/**
 * The only list of operations: REST routes, RPC methods and the typed client all come from it.
 * A file for each thing they are about.
 */
const table = { ...users, ...conversations, ...members, ...messages }

export type OperationName = keyof typeof table
/** What a client sends. */
export type Input<Name extends OperationName> = z.input<(typeof table)[Name]['input']>
/** What a handler receives: validated, defaults filled in. */
export type Parsed<Name extends OperationName> = z.output<(typeof table)[Name]['input']>
export type Output<Name extends OperationName> = z.output<(typeof table)[Name]['output']>

export const operations: Readonly<Record<OperationName, Operation>> = table
export const operationNames = Object.keys(table) as readonly OperationName[]
export const isOperation = (name: string): name is OperationName => Object.hasOwn(table, name)
