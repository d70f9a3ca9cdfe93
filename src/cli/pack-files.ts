import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { PackFile } from '../analyst/evidence/manifest.ts'
import { orUsage } from '../domain/errors.ts'
import { OWNER_ONLY } from '../domain/owner-only.ts'

/** Names of the files of a pack in its folder: Markdown, JSON and, last, the manifest. */
export type PackNames = readonly [markdown: string, json: string, manifest: string]

export function packNames(base: string): PackNames {
  return [`${base}.md`, `${base}.json`, `${base}.manifest.json`]
}

/**
 * Writes the files of a pack and returns their paths. They are written into a folder of this run and moved when all are on
 * disk, the manifest last. An earlier pack of these names is moved into a folder named after it and its time, which is dropped
 * at the end if `replace` is set. Throws USAGE; the earlier pack then is where it was or in that folder.
 */
export function writePack(dir: string, files: readonly PackFile[], replace: boolean): readonly string[] {
  orUsage(`cannot write to ${dir}`, () => {
    mkdirSync(dir, { recursive: true })
    const own = claimFolder(dir, files[0]!.name)
    try {
      for (const { name, content } of files) writeFileSync(join(own, name), content, { mode: OWNER_ONLY })
      const earlier = moveAside(dir, files)
      for (const { name } of files) renameSync(join(own, name), join(dir, name))
      if (replace && earlier !== undefined) rmSync(earlier, { recursive: true })
    } finally {
      rmSync(own, { recursive: true, force: true })
    }
  })
  return files.map(({ name }) => join(dir, name))
}

/** Creates the folder that one run at a time has for a pack. */
function claimFolder(dir: string, first: string): string {
  const own = join(dir, `${baseOf(first)}.part`)
  try {
    mkdirSync(own, { mode: 0o700 })
    return own
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Error(`another run writes this pack; if none does, one was interrupted: remove ${own}`)
  }
}

const baseOf = (name: string) => name.replace(/\.[a-z]+$/, '')

/**
 * Moves the files of an earlier pack, which keep their names, so that its manifest still describes them. Returns their folder, or
 * undefined if there are none.
 */
function moveAside(dir: string, files: readonly PackFile[]): string | undefined {
  const standing = files.map(({ name }) => name).filter((name) => existsSync(join(dir, name)))
  const [first] = standing
  if (first === undefined) return undefined
  const time = statSync(join(dir, first))
    .mtime.toISOString()
    .replace(/[-:]|\.\d+/g, '')
  const aside = newFolder(join(dir, `${baseOf(first)}.${time}`))
  for (const name of standing) renameSync(join(dir, name), join(aside, name))
  return aside
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
