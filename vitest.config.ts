import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const sqlAsText = {
  name: 'sql-as-text',
  load(id: string) {
    if (!id.endsWith('.sql')) return null
    return `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`
  },
}

/** These take a minute or two each: started last, one of them would run alone for as long. */
const longest = ['verify/faults', 'tutorial-a', 'chatting', 'never-lost', 'conversations']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return found === -1 ? longest.length : found
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}

const shared = { plugins: [sqlAsText] }
/** Loading everything anew for each file takes longer than most of its tests. */
const sourcesLoadedOnce = {
  isolate: false,
  restoreMocks: true,
  unstubEnvs: true,
  unstubGlobals: true,
}

/** What one page does by itself, on the database that Parley brings. */
const ofOnePage = [
  ...['accessible', 'announced', 'appearance', 'emoji', 'first-screen', 'history', 'hostile-text'],
  ...['keyboard', 'settings', 'tutorial-a', 'update', 'writing'],
].map(fileOf)
const onBoth = ['chatting'].map(fileOf)
const betweenNodes = ['nodes'].map(fileOf)
const journeys = ['web/test/*.test.ts']

const split = {
  browser: { include: [...ofOnePage, ...onBoth] },
  'browser-redis': { include: journeys, exclude: ofOnePage },
}
const everyJourney = {
  browser: { include: journeys, exclude: betweenNodes },
  'browser-redis': { include: journeys },
}
const browserTests = process.env.EVERY_JOURNEY ? everyJourney : split

const inChromium = (name: keyof typeof split) => ({
  name,
  ...sourcesLoadedOnce,
  ...browserTests[name],
  testTimeout: 120_000,
  hookTimeout: 120_000,
})

/**
 * Projects: `unit` beside the code, `whole` on running servers, and in Chromium `browser` on the
 * embedded PostgreSQL, `browser-redis` on the system's with Redis. Each journey runs on one of
 * these two, the most important ones on both; with EVERY_JOURNEY=1 all of them on both.
 */
export default defineConfig({
  ...shared,
  test: {
    globalSetup: ['server/test/postgres.ts'],
    sequence: { sequencer: LongestFirst },
    // Most tests wait for something, but three at once on two cores took no less time than two.
    maxWorkers: Math.max(2, availableParallelism() >> 1),
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          ...sourcesLoadedOnce,
          include: ['protocol/src/**/*.test.ts', 'server/src/**/*.test.ts', 'web/src/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'whole',
          ...sourcesLoadedOnce,
          include: ['server/test/**/*.test.ts', 'test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      { ...shared, test: inChromium('browser') },
      {
        ...shared,
        test: {
          ...inChromium('browser-redis'),
          globalSetup: ['server/test/postgres-and-redis.ts'],
        },
      },
    ],
  },
})

function fileOf(name: string): string {
  return `web/test/${name}.test.ts`
}
