import { createHash, createHmac, randomBytes } from 'node:crypto'

const tokenShape = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits; whoever holds it is signed in. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** Whether it could be a token at all: nothing else is worth a query. */
export const isToken = (text: string): boolean => tokenShape.test(text)

/** What is stored instead of a token. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest()

/**
 * The token for real-time use that belongs to a login. Derived, so that every page can show it
 * again; one-way, so that it never becomes the login's own token.
 */
export const realtimeTokenOf = (token: string): string =>
  createHmac('sha256', token).update('parley realtime').digest('base64url')
