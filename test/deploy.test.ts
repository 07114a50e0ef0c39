/** What `deploy/` describes, held closed-form: the files are read, nothing is started. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(root + path, 'utf8')

interface Service {
  image: string
  ports?: string[]
  healthcheck?: { test: string[] }
  build?: { context: string; dockerfile: string }
  networks: string[]
  privileged?: boolean
}

const text = read('deploy/compose.yaml')
const { services } = parse(text, { merge: true }) as { services: Record<string, Service> }
const stages = read('deploy/Dockerfile').split(/^(?=FROM )/m)

test('there are nginx, API, gateway, Redis and PostgreSQL, and nothing else', () => {
  expect(Object.keys(services).sort()).toEqual(['api', 'gateway', 'nginx', 'postgres', 'redis'])
})

test('only nginx is reached from outside, on 8080 and 6001', () => {
  for (const [name, { ports = [], privileged }] of Object.entries(services)) {
    expect(ports, name).toEqual(name === 'nginx' ? ['8080:8080', '6001:6001'] : [])
    expect(privileged, name).toBeUndefined()
  }
})

test('each service says whether it is well', () => {
  for (const [name, { healthcheck, build }] of Object.entries(services))
    if (build) expect(stages.at(-1), name).toMatch(/^HEALTHCHECK /m)
    else expect(healthcheck?.test.length, name).toBeGreaterThan(1)
})

test('passwords, tokens and secrets come from outside', () => {
  const secrets = [...text.matchAll(/^\s*\w*(?:PASSWORD|TOKEN|SECRET)\w*: *(.*)$/gm)]
  expect(secrets.length).toBeGreaterThan(2)
  for (const [line, value] of secrets) expect(value, line).toMatch(/^\$\{\w+:[?-][^}]*\}$/)
  for (const [address] of text.matchAll(/\w+:\/\/\S*@\S*/g)) expect(address).toMatch(/:\$\{\w+/)
})

test('the image is built from what is here, and runs as nobody special', () => {
  for (const { build } of [services['api']!, services['gateway']!])
    expect(build).toEqual({ context: '..', dockerfile: 'deploy/Dockerfile' })
  expect(/^USER (\w+)$/m.exec(stages.at(-1)!)?.[1]).toBe('node')
  const ignored = read('.dockerignore').split('\n').filter(Boolean)
  const sources = [...stages.join('').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, names]) => names!.split(' '),
  )
  expect(sources.length).toBeGreaterThan(5)
  for (const source of sources) {
    expect(existsSync(root + source), source).toBe(true)
    expect(ignored.filter((each) => source.split('/').includes(each.replace('**/', '')))).toEqual(
      [],
    )
  }
})
