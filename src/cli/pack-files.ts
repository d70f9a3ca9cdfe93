import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { type PackFile, sha256Hex } from '../analyst/evidence/manifest.ts'
import { SigwatchError } from '../domain/errors.ts'
import { writeNewFile, writeWholeFile } from './whole-file.ts'

/** Names of the files of a pack in its folder: Markdown, JSON and, last, the manifest. */
export type PackNames = readonly [markdown: string, json: string, manifest: string]

export function packNames(base: string): PackNames {
  return [`${base}.md`, `${base}.json`, `${base}.manifest.json`]
}

/** Throws USAGE if a file of the pack is in the folder. */
export function refuseStandingPack(dir: string, names: PackNames): void {
  const standing = names.find((name) => existsSync(join(dir, name)))
  if (standing !== undefined) throw packStands(join(dir, standing))
}

/**
 * Writes the files of a pack in this order, the manifest last; returns their paths. Throws USAGE if there is a pack
 * already, also one that another run is writing, unless `replace` is set. A pack whose files do not match its manifest,
 * because two runs replaced it at once, fails with USAGE.
 */
export function writePack(dir: string, files: readonly PackFile[], replace: boolean): readonly string[] {
  const paths = files.map(({ name }) => join(dir, name))
  const manifest = paths.at(-1)!
  try {
    mkdirSync(dir, { recursive: true })
    // The old manifest does not describe the files that are written now.
    if (replace) rmSync(manifest, { force: true })
  } catch (cause) {
    throw new SigwatchError('USAGE', `cannot write to ${dir}: ${(cause as Error).message}`, { cause })
  }
  const written: string[] = []
  try {
    for (const [i, { content }] of files.entries()) {
      const path = paths[i]!
      if (replace) writeWholeFile(path, content)
      else if (!writeNewFile(path, content)) throw packStands(path)
      else written.push(path)
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true })
    throw error
  }
  const mixed = files.find(({ content }, i) => sha256Hex(readFileSync(paths[i]!)) !== sha256Hex(content))
  if (mixed)
    throw new SigwatchError(
      'USAGE',
      `another run replaced ${join(dir, mixed.name)} at the same time: run it again`,
    )
  return paths
}

function packStands(path: string): SigwatchError {
  return new SigwatchError(
    'USAGE',
    `${path} exists already and was not changed: name another folder (--out), or replace the whole pack (--replace)`,
  )
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
