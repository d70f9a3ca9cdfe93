import { randomBytes } from 'node:crypto'
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { orUsage } from '../domain/errors.ts'
import { OWNER_ONLY } from '../domain/owner-only.ts'

/**
 * Writes a file atomically: the old content stays until the new content is on disk. Pipes and devices are written directly.
 * `mode` applies to new files. Throws USAGE.
 */
export function writeWholeFile(file: string, content: string | Uint8Array, mode = OWNER_ONLY): void {
  orUsage(`cannot write ${file}`, () => {
    const there = statSync(file, { throwIfNoEntry: false })
    if (there === undefined || there.isFile())
      replace(file, content, there?.mode ?? mode, there !== undefined)
    else writeFileSync(file, content)
  })
}

/** Writes to the file, or to stdout if none is given. Throws USAGE. */
export function writeOutput(file: string | undefined, content: string, mode = OWNER_ONLY): void {
  if (file === undefined) process.stdout.write(content)
  else writeWholeFile(file, content, mode)
}

function replace(file: string, content: string | Uint8Array, mode: number, isThere: boolean): void {
  // Follows a symbolic link, so that its target is replaced and the link stays.
  const place = isThere ? realpathSync(file) : file
  const aside = `${place}.${randomBytes(4).toString('hex')}.part`
  try {
    writeFileSync(aside, content, { mode, flag: 'wx' })
    renameSync(aside, place)
  } catch (error) {
    rmSync(aside, { force: true })
    const { code, message } = error as NodeJS.ErrnoException
    if (!isThere || !REFUSED.has(code ?? '')) throw error
    // Writing into the file instead would leave half of it when the disk is full.
    throw new Error(`${message}; its folder must be writable, since the file is replaced`, { cause: error })
  }
}

const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS'])
