import { beforeEach, describe, expect, test } from 'vitest'
import { usePositions } from './positions.ts'
import { aMessage, bill, created, john } from './testing/builders.ts'
import { aPage } from './testing/stores.ts'

const at = (userId: number, lastReadSeq: number, lastDeliveredSeq = lastReadSeq) => ({
  userId,
  lastReadSeq,
  lastDeliveredSeq,
})

describe('positions', () => {
  beforeEach(() => aPage())

  test('only grow: of two the higher holds', () => {
    const positions = usePositions()
    positions.replace(7, [at(2, 5, 8)])
    positions.move(7, [at(2, 6, 6)])
    expect(positions.of(7)?.get(2)).toEqual(at(2, 6, 8))
  })

  test('are replaced by the whole state, even where it is lower', () => {
    const positions = usePositions()
    positions.replace(7, [at(2, 5), at(3, 5)])
    positions.replace(7, [at(2, 1)])
    expect([...positions.of(7)!.values()]).toEqual([at(2, 1)])
  })

  test('of who writes is at what they wrote', () => {
    const positions = usePositions()
    positions.replace(7, [at(bill.id, 5)])
    positions.apply(7, created(aMessage(11)))
    expect(positions.of(7)?.get(bill.id)).toEqual(at(bill.id, 11))
  })

  test('of who hides them, or has left, are gone and do not come back by writing', () => {
    const positions = usePositions()
    positions.replace(7, [at(bill.id, 5), at(john.id, 5)])
    positions.move(7, [], [bill.id])
    positions.apply(7, created(aMessage(11)))
    expect([...positions.of(7)!.keys()]).toEqual([john.id])
    const left = { type: 'member.left', seq: 12, at: '', actor: john, user: john } as const
    positions.apply(7, left)
    expect(positions.of(7)?.size).toBe(0)
  })

  test('are not there where nobody is told of the others', () => {
    const positions = usePositions()
    positions.replace(7, undefined)
    positions.move(7, [at(2, 5)])
    expect(positions.of(7)).toBeUndefined()
  })
})
