/** What nodes send each other through Redis: a head that names the sender, then entries. */
import type { ControlMessage } from './bus.ts'
import type { Publication } from './publication.ts'

/** `missed`: the sender could not publish for a while, whoever follows its channels is behind. */
export type NodeMessage = ControlMessage | { readonly type: 'missed' }

const version = 1

/** Begins everything a node sends; other versions' messages are not for us. */
export const headOf = (node: string): string => `${version} ${node}\n`

/** A line of JSON about the publication, then its data as it is. */
export function encodePublication(publication: Publication): string {
  const { channel, data, position, endsUser, topic } = publication
  const about = [channel, data.length, position?.epoch, position?.offset, endsUser, topic]
  while (about.at(-1) === undefined) about.pop()
  return `${JSON.stringify(about)}\n${data}`
}

export const encodeControl = (message: NodeMessage): string => `${JSON.stringify(message)}\n`

/** @throws where it is not what a node of this version sends */
export function decodePublications(payload: Buffer): Publication[] {
  const text = bodyOf(payload)
  const publications: Publication[] = []
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const [channel, length, epoch, offset, endsUser, topic] = JSON.parse(text.slice(at, end))
    at = end + 1 + length
    if (typeof channel !== 'string' || !(length >= 0) || at > text.length)
      throw new Error('not a publication')
    publications.push({
      channel,
      data: text.slice(end + 1, at),
      ...(typeof epoch === 'string' && { position: { epoch, offset: Number(offset) } }),
      ...(typeof endsUser === 'string' && { endsUser }),
      ...(typeof topic === 'string' && { topic }),
    })
  }
  return publications
}

/** @throws where it is not what a node of this version sends */
export const decodeControl = (payload: Buffer): NodeMessage[] =>
  bodyOf(payload)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const message = JSON.parse(line)
      if (Object.hasOwn(fits, message.type) && fits[message.type as NodeMessage['type']](message))
        return message as NodeMessage
      throw new Error('not a control message')
    })

type Fields = Record<string, unknown>
const fits: Record<NodeMessage['type'], (message: Fields) => boolean> = {
  recheck: ({ user }) => typeof user === 'string',
  online: ({ node, from, version, came, left }) =>
    typeof node === 'string' &&
    Number.isInteger(from) &&
    Number.isInteger(version) &&
    Array.isArray(came) &&
    Array.isArray(left),
  gone: ({ node }) => typeof node === 'string',
  clients: ({ request, channel }) => typeof request === 'string' && typeof channel === 'string',
  clientsAre: ({ request, total, entries }) =>
    typeof request === 'string' && Number.isInteger(total) && Array.isArray(entries),
  taken: ({ node, action, userId, amount }) =>
    typeof node === 'string' &&
    typeof action === 'string' &&
    Number.isInteger(userId) &&
    typeof amount === 'number',
  missed: () => true,
}

function bodyOf(payload: Buffer): string {
  const text = payload.toString()
  if (!text.startsWith(`${version} `)) throw new Error('not a message of this version')
  return text.slice(text.indexOf('\n') + 1)
}
