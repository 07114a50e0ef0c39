import { unsubscribes, type UnsubscribeName } from '@parley/protocol/codes'
import type { Encode } from '../delivery/frame.ts'
import type { Publication } from '../delivery/publication.ts'
import type { Screen } from './rules.ts'
import { textFrame } from './websocket-frame.ts'

/** `data` is JSON text already: it is copied, never parsed. */
export function publicationJson({ data, position, late }: Publication): string {
  return position && !late ? `{"data":${data},"offset":${position.offset}}` : `{"data":${data}}`
}

const runs = new WeakMap<Publication, { first: Publication; count: number; json: string }>()

/** A run of the past as a JSON array; put together once for all who missed the same. */
export function runJson(run: readonly Publication[]): string {
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last) return '[]'
  const known = runs.get(last)
  if (known?.first === first && known.count === run.length) return known.json
  const json = `[${run.map(publicationJson).join(',')}]`
  runs.set(last, { first, count: run.length, json })
  return json
}

/** Publications as one WebSocket frame of newline-separated pushes. */
export const encodePublications: Encode = (_format, publications) =>
  textFrame(publications.map(publicationPush).join('\n'))

const publicationPush = (publication: Publication): string =>
  `{"push":{"channel":${JSON.stringify(publication.channel)},"pub":${publicationJson(publication)}}}`

export const pingText = '{}'

export const unsubscribePush = (channel: string, reason: UnsubscribeName): string =>
  JSON.stringify({ push: { channel, unsubscribe: unsubscribes[reason] } })

export const subscribePush = (channel: string, screen: Partial<Screen>): string =>
  JSON.stringify({
    push: {
      channel,
      subscribe:
        screen.epoch === undefined ? {} : { recoverable: true, positioned: true, ...screen },
    },
  })
