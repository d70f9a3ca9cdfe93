import { randomBytes } from 'node:crypto'
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { SigwatchError } from '../domain/errors.ts'
import { OWNER_ONLY } from '../domain/owner-only.ts'

/**
 * Writes a file whole or not at all: what was there stays until the new content is on the disk. Pipes and devices are written
 * to as they are. `mode` is that of a new file. Throws USAGE, with the error of the system as its cause.
 */
export function writeWholeFile(file: string, content: string | Uint8Array, mode = OWNER_ONLY): void {
  try {
    const there = statSync(file, { throwIfNoEntry: false })
    if (there === undefined || there.isFile())
      replace(file, content, there?.mode ?? mode, there !== undefined)
    else writeFileSync(file, content)
  } catch (cause) {
    throw new SigwatchError('USAGE', `cannot write ${file}: ${(cause as Error).message}`, { cause })
  }
}

/** Writes to the file, or to the standard output where none is named. Throws USAGE. */
export function writeOutput(file: string | undefined, content: string, mode = OWNER_ONLY): void {
  if (file === undefined) process.stdout.write(content)
  else writeWholeFile(file, content, mode)
}

function replace(file: string, content: string | Uint8Array, mode: number, isThere: boolean): void {
  // A link stays one: its target is replaced.
  const place = isThere ? realpathSync(file) : file
  const aside = `${place}.${randomBytes(4).toString('hex')}.part`
  try {
    writeFileSync(aside, content, { mode, flag: 'wx' })
    renameSync(aside, place)
  } catch (error) {
    rmSync(aside, { force: true })
    if (!isThere || !isRefused(error)) throw error
    // The folder takes no new files, but the file may be written to.
    writeFileSync(place, content)
  }
}

function isRefused(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')
}
