import { beforeEach, describe, expect, test } from 'vitest'
import { usePresence } from './presence.ts'
import { aPage } from './testing/stores.ts'

describe('who is online', () => {
  beforeEach(() => aPage())

  test('is what the conversations said, and what was told since', () => {
    const presence = usePresence()
    presence.replace(1, [2])
    presence.apply([{ id: 3, online: true }])
    expect([2, 3, 4].map(presence.isOnline)).toEqual([true, true, false])
    presence.apply([{ id: 2, online: false }])
    expect(presence.isOnline(2)).toBe(false)
  })

  test('is somebody whom any one of the conversations names', () => {
    const presence = usePresence()
    presence.replace(1, [2])
    presence.replace(5, [2])
    presence.replace(1, [])
    expect(presence.isOnline(2)).toBe(true)
    presence.drop(5)
    expect(presence.isOnline(2)).toBe(false)
  })

  test('does not outlast a reconnect, where nobody says it again', () => {
    const presence = usePresence()
    presence.apply([{ id: 3, online: true }])
    presence.restart()
    presence.replace(1, [2])
    expect([2, 3].map(presence.isOnline)).toEqual([true, false])
  })

  test('goes with a state that says nothing of others any more', () => {
    const presence = usePresence()
    presence.replace(1, [2])
    presence.replace(1, undefined)
    expect(presence.isOnline(2)).toBe(false)
  })
})
