import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A Lua script: one file each, next to the module that calls it. */
export interface Script {
  readonly name: string
  readonly source: string
  /** SHA-1 by which EVALSHA names it. */
  readonly sha: string
}

/** One execution of a script. On a Cluster all keys lie in one slot; the first key says where it runs. */
export interface ScriptCall {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number | Buffer)[]
}

/**
 * Reads a script; `loadScript(new URL('./count.lua', import.meta.url), 'count')` works from `src/` and `dist/` alike.
 * A line `-- include: <file>` stands for a file of the same folder.
 */
export function loadScript(url: URL, name: string): Script {
  const source = readFileSync(url, 'utf8').replace(/^-- include: (\S+)$/gm, (_, file: string) =>
    readFileSync(new URL(file, url), 'utf8'),
  )
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
