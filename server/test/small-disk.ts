import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A disk of its own, to be filled. Only root may mount one, and not everywhere. */
export function mayMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' })
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

export interface SmallDisk {
  /** Leaves this many MiB; none unless told. @returns the file that takes the rest */
  fill(leftMiB?: number): Promise<string>
  unmount(): void
}

/** Mounts a disk at this directory. */
export function mountSmallDisk(directory: string, sizeMiB: number): SmallDisk {
  let fillers = 0
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'none', directory])
  return {
    async fill(leftMiB = 0) {
      const filler = join(directory, `filler-${++fillers}`)
      const bytes = Buffer.alloc((sizeMiB - leftMiB) * 1024 * 1024)
      await writeFile(filler, bytes).catch((error) => {
        if (error.code !== 'ENOSPC') throw error
      })
      return filler
    },
    unmount: () => void execFileSync('umount', ['-l', directory]),
  }
}
