import type { Publication } from '../../delivery/publication.ts'
import { Disconnect } from '../disconnect.ts'
import { textFrame } from '../websocket-frame.ts'
import type { Codec, ConnectReply, Message, SubscribeReply } from './codec.ts'
import { commandOf } from './commands.ts'
import { oncePerRun } from './runs.ts'

/** Objects separated by newlines, of which the last may end with one too. */
export const jsonCodec: Codec = {
  form: 'json',
  decode(message) {
    const lines = message.toString().split('\n')
    if (lines.length > 1 && lines.at(-1) === '') lines.pop()
    return lines.map((line) => commandOf(parse(line)))
  },
  encode: (...messages) => textFrame(messages.map(messageJson).join('\n')),
  publications: (publications) => textFrame(publications.map(publicationPush).join('\n')),
  ping: textFrame('{}'),
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new Disconnect('badRequest')
  }
}

function messageJson(message: Message): string {
  if ('connect' in message) return `{"id":${message.id},"connect":${connectJson(message.connect)}}`
  if ('subscribe' in message)
    return `{"id":${message.id},"subscribe":${subscribeJson(message.subscribe)}}`
  if ('history' in message) {
    const { publications = [], ...position } = message.history
    const entries = publications.map(publicationJson).join(',')
    const rest = JSON.stringify(position).slice(1)
    return `{"id":${message.id},"history":{"publications":[${entries}],${rest}}`
  }
  return JSON.stringify(message)
}

function connectJson({ subs, ...result }: ConnectReply): string {
  const entries = Object.entries(subs).map(
    ([channel, sub]) => `${JSON.stringify(channel)}:${subscribeJson(sub)}`,
  )
  return `${JSON.stringify(result).slice(0, -1)},"subs":{${entries.join(',')}}}`
}

function subscribeJson({ publications, ...result }: SubscribeReply): string {
  const json = JSON.stringify(result)
  return publications?.length
    ? `${json.slice(0, -1)},"publications":${runJson(publications)}}`
    : json
}

const runJson = oncePerRun((run) => `[${run.map(publicationJson).join(',')}]`)

const publicationPush = (publication: Publication): string =>
  `{"push":{"channel":${JSON.stringify(publication.channel)},"pub":${publicationJson(publication)}}}`

/** `data` is JSON text already: it is copied, never parsed. */
const publicationJson = ({ data, position, late }: Publication): string =>
  position && !late ? `{"data":${data},"offset":${position.offset}}` : `{"data":${data}}`
