import type { Publication } from '../../delivery/publication.ts'

/** Encodes a run of the past once for all who missed the same. */
export function oncePerRun<Encoded>(
  encode: (run: readonly Publication[]) => Encoded,
): (run: readonly Publication[]) => Encoded {
  const known = new WeakMap<Publication, { first: Publication; count: number; encoded: Encoded }>()
  return (run) => {
    const [first, last] = [run[0], run.at(-1)]
    if (!first || !last) return encode(run)
    const same = known.get(last)
    if (same?.first === first && same.count === run.length) return same.encoded
    const encoded = encode(run)
    known.set(last, { first, count: run.length, encoded })
    return encoded
  }
}
