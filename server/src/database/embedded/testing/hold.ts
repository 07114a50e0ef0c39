/** A process of its own that uses the database of a directory until its input ends. */
import { startEmbedded } from '../start.ts'
import { silentLog as log } from '../../../../test/silent-log.ts'

const say = (words: object) => console.log(JSON.stringify(words))
const refused = (error: Error) => say({ error: error.message })

const [dataDir = '', claim] = process.argv.slice(2)
const database = await startEmbedded({ dataDir, log, name: 'parley serve' }).catch(refused)
if (database) {
  const close = () => database.close()
  if (claim) await database.claim().catch((error: Error) => close().then(() => refused(error)))
  say({ connection: database.connection })
  process.stdin.on('end', close).resume()
}
