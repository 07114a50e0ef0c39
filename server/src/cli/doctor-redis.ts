import { openRedis } from '../delivery/redis-connection.ts'
import type { Finding } from './doctor.ts'

const about = 'Redis'
const patienceMs = 5_000
/** `major * 100 + minor`. */
const oldest = 6 * 100 + 2
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Whether several nodes can meet there, and whether what they keep in it stays. */
export async function checkRedis({ url }: { url: string }): Promise<Finding[]> {
  const { host } = new URL(url)
  const connection = openRedis({ url, log: silent, name: 'parley-doctor' })
  const { client } = connection
  try {
    const why = await new Promise<string | undefined>((resolve) => {
      client.once('ready', () => resolve(undefined))
      client.once('error', ({ message }: Error) => resolve(message))
      client.once('close', () => resolve('it hung up'))
      setTimeout(resolve, patienceMs, 'no answer').unref()
    })
    if (why !== undefined) return [unreachable(host, why)]
    return findingsIn(await client.info(), host)
  } finally {
    connection.close()
  }
}

/** From what the command INFO answers. */
export function findingsIn(info: string, host: string): Finding[] {
  const settings = settingsIn(info)
  return [versionOf(settings, host), ...keepingOf(settings)]
}

type Settings = ReadonlyMap<string, string>

const settingsIn = (info: string): Settings =>
  new Map(
    info.split('\r\n').map((line) => [line.split(':', 1)[0]!, line.slice(line.indexOf(':') + 1)]),
  )

function unreachable(host: string, why: string): Finding {
  const cure = /NOAUTH|WRONGPASS|password/i.test(why)
    ? 'put its password into REDIS_URL, redis://:PASSWORD@HOST:PORT'
    : 'start it, or check REDIS_URL'
  return { state: 'ill', about, sentence: `${host} does not answer (${why}): ${cure}.` }
}

function versionOf(settings: Settings, host: string): Finding {
  // Valkey keeps a `redis_version` that it is compatible with.
  const compatible = settings.get('redis_version') ?? '0.0'
  const [major, minor] = compatible.split('.').map(Number)
  const valkey = settings.get('valkey_version')
  const name = valkey === undefined ? `Redis ${compatible}` : `Valkey ${valkey}`
  return major! * 100 + minor! < oldest
    ? { state: 'ill', about, sentence: `${name} is too old: Parley needs Redis 6.2 or later.` }
    : { state: 'well', about, sentence: `${name} at ${host}.` }
}

function keepingOf(settings: Settings): Finding[] {
  const policy = settings.get('maxmemory_policy') ?? 'noeviction'
  const findings: Finding[] = []
  if (policy !== 'noeviction')
    findings.push({
      state: 'warning',
      about,
      sentence: `maxmemory-policy is ${policy}: when memory is short Redis may delete the message stream and our other keys: set it to noeviction.`,
    })
  const sentence =
    settings.get('aof_enabled') === '1'
      ? 'appendonly is on: the message stream outlasts its restarts.'
      : 'appendonly is off: no message is lost, but a restart may empty the stream for other programs, and "parley stream refill" brings it back.'
  findings.push({ state: 'well', about, sentence })
  return findings
}
