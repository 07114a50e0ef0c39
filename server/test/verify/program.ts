/** `parley verify` run as an operator runs it, also with a protection taken out of the program. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build, type BuildOptions, type Plugin } from 'esbuild'
import { onTestFinished } from 'vitest'
import { bareEnvironment } from '../bare-environment.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

export async function verify(
  args: string[],
  {
    program = join(root, 'server/dist/parley.js'),
    cwd = root,
    env = {},
  }: { program?: string; cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const running = promisify(execFile)(process.execPath, [program, 'verify', ...args], {
    cwd,
    env: { ...bareEnvironment(), ...env },
  })
  onTestFinished(() => void running.child.kill('SIGTERM'))
  try {
    const { stdout, stderr } = await running
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as Outcome
  }
}

export interface Change {
  /** From the root, `server/src/…`. */
  file: string
  from: string
  to: string
}

/** Builds the program with one line changed. @returns where it is */
export async function programWith({ file, from, to }: Change): Promise<string> {
  const { serverBuild } = await import('../../../scripts/build.js')
  const outdir = join(root, 'server/.cache')
  const change: Plugin = {
    name: 'one-line-changed',
    setup({ onLoad }) {
      onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        if (!text.includes(from)) throw new Error(`${file} does not contain: ${from}`)
        return { contents: text.replace(from, to), loader: 'ts' }
      })
    },
  }
  const options = { ...serverBuild, outdir, plugins: [...serverBuild.plugins, change] }
  await build(options as BuildOptions)
  return join(outdir, 'parley.js')
}
