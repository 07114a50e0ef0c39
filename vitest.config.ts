import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const sqlAsText = {
  name: 'sql-as-text',
  load(id: string) {
    if (!id.endsWith('.sql')) return null
    return `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`
  },
}

const shared = { plugins: [sqlAsText] }

/** Projects: `unit` beside the code, `whole` on running servers, `browser` in Chromium. */
export default defineConfig({
  test: {
    // Most tests wait for something: on two cores, two at once take little more than half the time.
    maxWorkers: Math.max(2, availableParallelism() >> 1),
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['protocol/src/**/*.test.ts', 'server/src/**/*.test.ts', 'web/src/**/*.test.ts'],
          globalSetup: ['server/test/postgres.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'whole',
          include: ['server/test/**/*.test.ts', 'test/**/*.test.ts'],
          globalSetup: ['server/test/postgres.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['web/test/**/*.test.ts'],
          globalSetup: ['server/test/postgres.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
