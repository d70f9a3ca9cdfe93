import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Time limit of calls that no message waits for, ms. */
export const BACKGROUND_MS = 2000

/** A Lua script, in a file of its own next to the module that calls it. */
export interface Script {
  readonly name: string
  readonly source: string
  /** SHA-1 for EVALSHA. */
  readonly sha: string
}

/** One execution of a script. On a Cluster all keys must be in one slot; the first key determines the node. */
export interface ScriptCall {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number | Buffer)[]
}

/**
 * Reads the script `<name>.lua` next to a module; `loadScript(import.meta.url, 'count')` works from `src/` and `dist/` alike. A
 * line `-- include: <file>` is replaced by a file of the same folder, and `-- constants: <name>` by a local table of
 * that name with the numbers of `constants[name]`, which is cheaper for the server than parsing an argument.
 */
export function loadScript(
  module: string,
  name: string,
  constants: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): Script {
  const url = new URL(`./${name}.lua`, module)
  const source = readFileSync(url, 'utf8')
    .replace(/^-- include: (\S+)$/gm, (_, file: string) => readFileSync(new URL(file, url), 'utf8'))
    .replace(/^-- constants: (\S+)$/gm, (_, table: string) => {
      const entries = Object.entries(constants[table]!).map(([key, value]) => `${key} = ${value}`)
      return `local ${table} = { ${entries.join(', ')} }`
    })
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
