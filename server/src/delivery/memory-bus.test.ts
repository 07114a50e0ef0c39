import { describeBus } from '../../test/suites/bus.ts'
import { memoryBus } from './memory-bus.ts'

describeBus('memory', async () => [memoryBus()], 1)
