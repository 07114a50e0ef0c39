import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { change } from '@parley/protocol/changes'
import { disconnects, errorCodes, unsubscribes } from '@parley/protocol/codes'
import { limits } from '@parley/protocol/limits'
import { operationNames, operations } from '@parley/protocol/operations'
import { conversationNotice, userNotice } from '@parley/protocol/state'
import { describe, expect, onTestFinished, test } from 'vitest'
import { signIn, startApp, until } from '../server/test/app.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(`${root}docs/PROTOCOL.md`, 'utf8')

const section = (heading: string): string =>
  page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''

/** The tables of a section: the cells of each row, without backquotes. */
const tables = (heading: string): string[][][] =>
  section(heading)
    .split(/\n\n/)
    .filter((part) => part.startsWith('|'))
    .map((part) =>
      part
        .trim()
        .split('\n')
        .slice(2)
        .map((line) =>
          line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
        ),
    )

const yes = (truth: boolean) => (truth ? 'yes' : '')

describe('PROTOCOL', () => {
  test('has every code, and no other', () => {
    const [errors, closes, ends] = tables('Codes')
    expect(errors).toEqual(
      Object.entries(errorCodes).map(([name, { code, http, temporary, message }]) => [
        String(code),
        name,
        String(http),
        yes(temporary === true),
        message,
      ]),
    )
    const comesBack = (code: number) => code < 3_500
    expect(closes).toEqual(
      Object.entries(disconnects).map(([name, { code, reason }]) => [
        String(code),
        name,
        yes(comesBack(code)),
        reason,
      ]),
    )
    expect(ends).toEqual(
      Object.entries(unsubscribes).map(([name, { code, reason }]) => [
        String(code),
        name,
        yes(code >= 2_500),
        reason,
      ]),
    )
  })

  test('has every operation with its route and summary, and no other', () => {
    expect(tables('RPC')[0]).toEqual(
      operationNames.map((name) => {
        const { method, path, summary } = operations[name]
        return [name, `${method} ${path}`, summary]
      }),
    )
  })

  test('has every limit with its value, and no other', () => {
    const rows = tables('Limits')[0]!.map(([name, value]) => [name, Number(value)])
    expect(Object.fromEntries(rows)).toEqual(limits)
  })

  test('shows each kind of change and notice as it is sent', () => {
    const examples = (heading: string) =>
      [...section(heading).matchAll(/```json\n(.+?)\n```/gs)].map(([, text]) => JSON.parse(text!))
    const shown = { Changes: change, State: conversationNotice, Notices: userNotice }
    for (const [heading, kinds] of Object.entries(shown)) {
      const all = examples(heading)
      const types = kinds.options.map(({ shape }) => shape.type.value)
      expect([...new Set(all.map(({ type }) => type))]).toEqual(types)
      for (const each of all) expect(kinds.parse(each)).toEqual(each)
    }
  })

  test('has the headings that the code and the page itself point to', async () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!)
    const anchors = headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'))
    for (const [, anchor] of page.matchAll(/\]\(#([\w-]+)\)/g)) expect(anchors).toContain(anchor)
    const pointers = new Set<string>()
    for (const folder of ['protocol/src', 'server/src', 'web/src'])
      for (const path of await readdir(root + folder, { recursive: true })) {
        if (!/\.(ts|vue)$/.test(path)) continue
        const text = readFileSync(`${root}${folder}/${path}`, 'utf8')
        for (const [, heading] of text.matchAll(/PROTOCOL(?:\.md)?, "([^"]+)"/g))
          pointers.add(heading!)
      }
    expect(pointers.size).toBeGreaterThan(8)
    for (const heading of pointers) expect(headings).toContain(heading)
  })

  test('has an example for a bare WebSocket that runs as it stands', async () => {
    const app = await startApp()
    const example = /```js\n(.+?)```/s.exec(section('A bare WebSocket'))![1]!
    const script = example.replace('http://127.0.0.1:8080', app.url)
    expect(script).toContain(app.url)
    const listener = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: `${root}server`,
    })
    onTestFinished(() => void listener.kill())
    let output = ''
    listener.stdout.on('data', (data: Buffer) => (output += data.toString()))
    listener.stderr.on('data', (data: Buffer) => (output += data.toString()))
    await until('it is subscribed', () => output.includes('{"id":2,"subscribe":'))
    const bill = await signIn(app.url, 'bill')
    await bill.call('POST', '/api/conversations/1/messages', {
      content: 'hello, bare socket',
      clientKey: '7c0f6f2e-0d5c-4f0e-9a55-0d6f0b1f1a11',
    })
    await until('it has heard bill', () => output.includes('hello, bare socket'))
    await app.stop()
    await until('it has heard the end', () => output.includes('closed 3001 shutdown'))
  })
})
