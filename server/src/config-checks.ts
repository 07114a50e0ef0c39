/** How a variable's text becomes a value. Each throws a BadValue that says the cure. */
import { isIP } from 'node:net'

/** What is wrong with a value, as the end of the sentence "NAME …". */
export class BadValue extends Error {}

export function asText(text: string): string {
  return text
}

export function asHost(text: string): string {
  if (isIP(text) || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)) return text
  throw new BadValue('must be an address or a host name alone, such as 127.0.0.1 or 0.0.0.0')
}

export function asPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new BadValue('must be a port number from 0 to 65535')
}

/** `off`, or 0: none. */
export function asPortOrOff(text: string): number | 'off' {
  if (/^(off|0)$/i.test(text)) return 'off'
  return asPort(text)
}

export function asSeconds(text: string): number {
  const seconds = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && seconds <= 300) return seconds
  throw new BadValue('must be a number of seconds from 0 to 300')
}

export function asHours(text: string): number {
  const hours = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && hours > 0 && hours <= 100_000) return hours
  throw new BadValue('must be a number of hours above 0')
}

export function asSwitch(text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true
  if (/^(0|false|no|off)$/i.test(text)) return false
  throw new BadValue('must be 1 or 0')
}

export const asOneOf =
  <Choice extends string>(...choices: Choice[]) =>
  (text: string): Choice => {
    const choice = choices.find((each) => each === text.toLowerCase())
    if (choice) return choice
    throw new BadValue(`must be one of ${choices.join(', ')}`)
  }

export function asSecret(minChars: number) {
  return (text: string): string => {
    if (text.length >= minChars) return text
    throw new BadValue(
      `must have ${minChars} characters or more: make one with "openssl rand -hex 32"`,
    )
  }
}

/** A connection address of one of these schemes, as its driver takes it. */
export const asUrlOf =
  (example: string, ...schemes: string[]) =>
  (text: string): string => {
    const url = parsed(text, example)
    if (schemes.includes(url.protocol)) return text
    throw new BadValue(`must begin with ${schemes.map((each) => `${each}//`).join(' or ')}`)
  }

/** Where Redis is: its driver would take anything else in the address for settings of its own. */
export function asRedisUrl(text: string): string {
  const example = 'redis://user:password@host:6379/0'
  const url = parsed(asUrlOf(example, 'redis:', 'rediss:')(text), example)
  if (!url.hostname) throw new BadValue(`must name a host, such as ${example}`)
  if (!/^(\/\d{0,4})?$/.test(url.pathname) || url.search || url.hash)
    throw new BadValue(`must end with the number of a database or nothing, such as ${example}`)
  try {
    decodeURIComponent(url.username + url.password)
  } catch {
    throw new BadValue('has a % in its user or password that has to be written as %25')
  }
  return text
}

export function asRedisPrefix(text: string): string {
  if (/^[\w.:-]{1,64}$/.test(text)) return text
  throw new BadValue('must be up to 64 letters, digits and _ - . : without spaces')
}

/** Where browsers find the gateway; without a path, at the usual one. */
export function asGatewayUrl(text: string): string {
  const example = 'wss://chat.example.com/connection/websocket'
  const url = parsed(asUrlOf(example, 'ws:', 'wss:')(text), example)
  if (url.pathname === '/') url.pathname = '/connection/websocket'
  return url.href
}

/** Scheme, host and port, in lower case and without a slash at the end. */
export function asOrigin(text: string): string {
  const example = 'https://chat.example.com'
  const url = parsed(asUrlOf(example, 'http:', 'https:')(text), example)
  if (url.pathname === '/' && !url.search && !url.hash && !url.username) return url.origin
  throw new BadValue(`must be an address without a path, such as ${example}`)
}

function parsed(text: string, example: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new BadValue(
    `must be an address such as ${example}; write special characters in a password as %40 for @`,
  )
}

export const asListOf =
  <Item>(item: (text: string) => Item) =>
  (text: string): readonly Item[] =>
    text
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .map(item)

export function asNetwork(text: string): string {
  const [address = '', prefix, ...more] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  const isPrefix = prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= bits)
  if (bits > 0 && isPrefix && more.length === 0) return text
  throw new BadValue(
    `must list addresses or networks, such as 127.0.0.1, 10.0.0.0/8; "${text}" is neither`,
  )
}
