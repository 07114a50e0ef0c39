import type { operations } from '@parley/protocol/operations'
import { Refusal } from '@parley/protocol/refusal'

type Operation = (typeof operations)[keyof typeof operations]

interface Parts {
  params: unknown
  query: unknown
  body: unknown
}

/**
 * Puts an operation's input together: path parts, then the query (GET, DELETE) or the JSON body.
 * Text from the URL becomes numbers and booleans where the schema wants them and it can;
 * where it cannot, the schema refuses it. Lists have commas between their numbers.
 */
export function inputReader({ method, path, input }: Operation): (parts: Parts) => unknown {
  const pathNames = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
  const queryNames = Object.keys(input.shape).filter((name) => !pathNames.includes(name))
  const hasBody = method === 'POST' || method === 'PATCH'
  const pick = (names: string[], source: unknown) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = (source as Record<string, unknown>)[name]
        return value === undefined ? [] : [[name, fromText(name, value, kindOf(input.shape[name]))]]
      }),
    )
  return ({ params, query, body }) => ({
    ...(hasBody ? objectIn(body) : pick(queryNames, query)),
    ...pick(pathNames, params),
  })
}

function objectIn(body: unknown): object {
  if (body === undefined) return {}
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw new Refusal('invalidInput', { message: 'the body must be a JSON object' })
}

/** What we read of a zod schema: optional and default wrap the schema of the value. */
interface Schema {
  def: { type: string; innerType?: Schema }
}

function kindOf(schema: unknown): string {
  const { type, innerType } = (schema as Schema).def
  return innerType ? kindOf(innerType) : type
}

const wholeNumber = /^(0|-?[1-9][0-9]{0,15})$/

function fromText(name: string, value: unknown, kind: string): unknown {
  if (typeof value !== 'string') {
    throw new Refusal('invalidInput', { field: name, message: `${name}: was given more than once` })
  }
  if (kind === 'array') return value.split(',').map((each) => fromText(name, each, 'number'))
  if (kind === 'number' && wholeNumber.test(value)) return Number(value)
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
