import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { errorCodes } from './codes.ts'
import { isOperation, operationNames, operations } from './operations.ts'

describe.each(operationNames)('%s', (name) => {
  const { method, path, input, output, errors, summary } = operations[name]
  const parts = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!)

  test('is called resource.verb, and its path begins with what is about', () => {
    expect(name).toMatch(/^[a-z]+\.[a-zA-Z]+$/)
    expect(path).toMatch(/^\/api(\/[a-z]+|\/:\w+)+$/)
    expect(summary).toMatch(/^[A-Z].+[^.]$/)
  })

  test('has every path part in its input, and needs it', () => {
    for (const part of parts) {
      expect(input.shape).toHaveProperty(part)
      expect(z.safeParse(input.shape[part] as z.ZodType, undefined).success).toBe(false)
    }
  })

  test('has nothing in its query that text cannot say', () => {
    if (method === 'POST' || method === 'PATCH') return
    const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })
    for (const [field, property] of Object.entries(schema.properties ?? {})) {
      const { type, items } = property as { type: string; items?: { type: string } }
      // Lists of ids have commas between them.
      const sayable = type === 'array' && items?.type === 'integer' ? 'integer' : type
      expect(['string', 'integer', 'boolean'], field).toContain(sayable)
    }
  })

  test('answers with an object, and refuses with names that have codes', () => {
    expect(output).toBeInstanceOf(z.ZodObject)
    for (const error of errors) expect(errorCodes).toHaveProperty(error)
  })
})

test('no two operations share a method and path, whatever their parts are called', () => {
  const routes = operationNames.map((name) => {
    const { method, path } = operations[name]
    return `${method} ${path.replaceAll(/:\w+/g, ':')}`
  })
  expect(new Set(routes).size).toBe(routes.length)
})

test('only what is in the table is an operation', () => {
  expect(isOperation('messages.send')).toBe(true)
  for (const name of ['', 'messages', 'constructor', 'toString', '__proto__', 'messages.Send'])
    expect(isOperation(name)).toBe(false)
})
