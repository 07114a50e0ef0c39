import { expect, test } from 'vitest'
import { laterMark, lsnOf, lsnText, verdictOn, type Mark, type Reading } from './rule.ts'

const here: Reading = {
  epoch: 'two',
  past: ['one'],
  storedSystem: '7001',
  storedTimeline: '00000001',
  system: '7001',
  timeline: '00000001',
  lsn: 500n,
}
const unreadable = { system: undefined, timeline: undefined, lsn: undefined }
const unstored = { storedSystem: undefined, storedTimeline: undefined }
const mark = (epoch: string, lsn: bigint): Mark => ({ epoch, lsn })

test.each<[string, Partial<Reading>, Mark[], string]>([
  ['the same server, nothing seen before', {}, [], 'continues'],
  ['the same server, further than seen', {}, [mark('two', 499n)], 'continues'],
  ['the same server, exactly as far as seen', {}, [mark('two', 500n)], 'continues'],
  ['the same server, less far than seen', {}, [mark('two', 501n)], 'wentBack'],
  ['less far than one of several have seen', {}, [mark('two', 1n), mark('two', 501n)], 'wentBack'],
  ['a mark of an epoch that ended, however far', {}, [mark('one', 999n)], 'continues'],
  ['a mark of an epoch that began after what is here', {}, [mark('three', 1n)], 'unknownPast'],
  ['another server', { system: '7002' }, [], 'anotherServer'],
  ['a standby that was promoted', { timeline: '00000002' }, [], 'anotherTimeline'],
  [
    'a promoted standby that has come further',
    { timeline: '0000000A', lsn: 900n },
    [],
    'anotherTimeline',
  ],
  ['an older timeline again', { storedTimeline: '00000003' }, [], 'anotherTimeline'],
  ['a first start', unstored, [], 'unnamed'],
  ['a first start where nothing can be read', { ...unstored, ...unreadable }, [], 'continues'],
  ['a first start after something was seen here', unstored, [mark('three', 1n)], 'unknownPast'],
  ['a server that may not be asked any more', unreadable, [mark('two', 501n)], 'continues'],
  ['only the timeline can be read', { system: undefined, timeline: '2' }, [], 'anotherTimeline'],
  ['the server can be asked at last', { storedSystem: undefined }, [mark('two', 1n)], 'unnamed'],
])('%s', (_case, differing, marks, verdict) => {
  expect(verdictOn({ ...here, ...differing }, marks)).toBe(verdict)
})

test('a mark rises within its epoch and passes to an epoch that continues it', () => {
  expect(laterMark(undefined, mark('two', 5n), [])).toEqual(mark('two', 5n))
  expect(laterMark(mark('two', 4n), mark('two', 5n), [])).toEqual(mark('two', 5n))
  expect(laterMark(mark('two', 6n), mark('two', 5n), [])).toEqual(mark('two', 6n))
  expect(laterMark(mark('one', 6n), mark('two', 5n), ['one'])).toEqual(mark('two', 5n))
})

test('a server that fell behind its successor does not take the mark back', () => {
  expect(laterMark(mark('two', 5n), mark('one', 9n), ['zero'])).toEqual(mark('two', 5n))
})

test.each(['0/0', '0/16B374D8', '16/B374D848', 'FFFFFFFF/FFFFFFFF'])('%s is a number', (text) => {
  expect(lsnText(lsnOf(text))).toBe(text)
  expect(lsnOf('1/0')).toBeGreaterThan(lsnOf('0/FFFFFFFF'))
})
