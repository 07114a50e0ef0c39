import { silentLog } from '../../test/silent-log.ts'
import { describePresence, quick } from '../../test/suites/presence.ts'
import { memoryPresence } from './memory-presence.ts'

describePresence('memory', async () => [memoryPresence({ ...quick, log: silentLog })], 1)
