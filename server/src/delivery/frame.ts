import type { Publication } from './publication.ts'

/** Makes the bytes that a subscriber of one wire format is sent for these publications of one channel. */
export type Encode = (format: string, publications: readonly Publication[]) => Buffer

/** Consecutive publications of one channel, encoded once per wire format for all subscribers. */
export class Frame {
  readonly channel: string
  readonly publications: readonly Publication[]
  readonly #encode: Encode
  readonly #bytes = new Map<string, Buffer>()

  constructor(publications: readonly Publication[], encode: Encode) {
    this.channel = publications[0]!.channel
    this.publications = publications
    this.#encode = encode
  }

  bytes(format: string): Buffer {
    let bytes = this.#bytes.get(format)
    if (!bytes) this.#bytes.set(format, (bytes = this.#encode(format, this.publications)))
    return bytes
  }

  /** Of all its publications. */
  get topic(): string | undefined {
    return this.publications[0]!.topic
  }

  /** Whose subscriptions end with this frame, if anybody's: always its last publication. */
  get endsUser(): string | undefined {
    return this.publications.at(-1)!.endsUser
  }
}

const frameMaxChars = 64 * 1024

/** Cuts a run of publications into frames: none too large, of one topic, none going on after an end. */
export function framesOf(publications: readonly Publication[], encode: Encode): Frame[] {
  const frames: Frame[] = []
  let run: Publication[] = []
  let chars = 0
  const cut = () => {
    if (run.length > 0) frames.push(new Frame(run, encode))
    run = []
    chars = 0
  }
  for (const publication of publications) {
    const full = chars + publication.data.length > frameMaxChars
    if (full || publication.topic !== run[0]?.topic) cut()
    run.push(publication)
    chars += publication.data.length
    if (publication.endsUser !== undefined) cut()
  }
  cut()
  return frames
}
