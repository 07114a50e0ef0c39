import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the layer check says of a tree with these files. */
async function check(files: Record<string, string>): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'parley-layers-'))
  onTestFinished(() => rm(tree, { recursive: true }))
  for (const [path, text] of Object.entries({ 'tsconfig.json': '{}', ...files })) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), text)
  }
  const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [cruise, '--config', join(root, 'layers.config.js'), 'server', 'protocol', 'web']
  for (const folder of ['server', 'protocol', 'web'])
    await mkdir(join(tree, folder), { recursive: true })
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: tree })
    return stdout
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

const door = { 'server/src/chat/door.ts': 'export const open = 1\n' }

test.each([
  ['the gateway asks chat directly', 'server/src/gateway/planted.ts', '../chat/door.ts'],
  ['the protocol uses Node', 'protocol/src/planted.ts', 'node:fs'],
  ['the web client reaches into the server', 'web/src/planted.ts', '../../server/src/chat/door.ts'],
])('the build fails where %s', async (_what, path, target) => {
  const report = await check({
    ...door,
    [path]: `import * as it from '${target}'\nconsole.log(it)\n`,
  })
  expect(report).toContain(
    `error ${path
      .split('/')
      .slice(0, path.startsWith('server') ? 3 : 2)
      .join('/')} imports only`,
  )
})

test('chat knows the database by its types, and the build fails where it calls it', async () => {
  const files = { 'server/src/database/users.ts': 'export const find = 1\nexport type Users = 1\n' }
  const planted = (line: string) =>
    check({ ...files, 'server/src/chat/planted.ts': `${line}\nexport const all: unknown = null\n` })
  expect(await planted(`export type { Users } from '../database/users.ts'`)).toContain(
    'no dependency violations',
  )
  expect(await planted(`export { find } from '../database/users.ts'`)).toContain(
    'by its types only',
  )
})
