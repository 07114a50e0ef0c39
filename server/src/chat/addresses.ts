import { isIPv4, isIPv6 } from 'node:net'

const mappedPrefix = /^::ffff:(?=\d+\.)/i

/** `::ffff:192.0.2.1` is how a dual-stack socket shows an IPv4 client. */
const unmapped = (address: string): string => address.replace(mappedPrefix, '')

export function isLoopback(address: string): boolean {
  const plain = unmapped(address)
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'))
}

/** What counts as one place for limits: an IPv4 address, or an IPv6 /64, which one customer owns. */
export function addressKey(address: string): string {
  const plain = unmapped(address).replace(/%.*$/, '')
  return isIPv6(plain) ? `${firstFourGroups(plain)}::/64` : plain.slice(0, 64)
}

function firstFourGroups(address: string): string {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    groups.push(...Array<string>(8 - groups.length - after.length).fill('0'), ...after)
  }
  return groups.slice(0, 4).join(':')
}
