import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { PackFile } from '../analyst/evidence/manifest.ts'
import { SigwatchError } from '../domain/errors.ts'
import { writeNewFile } from './whole-file.ts'

/** Names of the files of a pack in its folder: Markdown, JSON and, last, the manifest. */
export type PackNames = readonly [markdown: string, json: string, manifest: string]

export function packNames(base: string): PackNames {
  return [`${base}.md`, `${base}.json`, `${base}.manifest.json`]
}

/**
 * Writes the files of a pack in this order, the manifest last; returns their paths. An earlier pack of these names is moved
 * into a folder named after it and its time, or dropped if `replace` is set. Throws USAGE if another run writes the pack at
 * the same time.
 */
export function writePack(dir: string, files: readonly PackFile[], replace: boolean): readonly string[] {
  const paths = files.map(({ name }) => join(dir, name))
  try {
    mkdirSync(dir, { recursive: true })
    if (replace) for (const path of paths.toReversed()) rmSync(path, { force: true })
    else moveAside(dir, files)
  } catch (cause) {
    throw new SigwatchError('USAGE', `cannot write to ${dir}: ${(cause as Error).message}`, { cause })
  }
  const written: string[] = []
  try {
    for (const [i, { content }] of files.entries()) {
      const path = paths[i]!
      if (!writeNewFile(path, content))
        throw new SigwatchError('USAGE', `another process has just written ${path}: run the command again`)
      written.push(path)
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true })
    throw error
  }
  return paths
}

/** Moves the files of an earlier pack, which keep their names, so that its manifest still describes them. */
function moveAside(dir: string, files: readonly PackFile[]): void {
  const standing = files.map(({ name }) => name).filter((name) => existsSync(join(dir, name)))
  const [first] = standing
  if (first === undefined) return
  const time = statSync(join(dir, first))
    .mtime.toISOString()
    .replace(/[-:]|\.\d+/g, '')
  const aside = newFolder(join(dir, `${first.replace(/\.[a-z]+$/, '')}.${time}`))
  for (const name of standing) renameSync(join(dir, name), join(aside, name))
}

function newFolder(path: string): string {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? path : `${path}-${n}`
    try {
      mkdirSync(folder)
      return folder
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** The account and the host that this process runs on. */
export function whereabouts(): { account: string; host: string } {
  return { account: accountName(), host: hostname() }
}

function accountName(): string {
  try {
    return userInfo().username
  } catch {
    // An account without an entry in the password file, as in containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
