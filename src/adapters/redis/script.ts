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
 * A line `-- include: <file>` stands for a file of the same folder, and `-- constants: <name>` for a local table of that
 * name with the numbers of `constants[name]`, which costs the server less than to read them from an argument.
 */
export function loadScript(
  url: URL,
  name: string,
  constants: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): Script {
  const source = readFileSync(url, 'utf8')
    .replace(/^-- include: (\S+)$/gm, (_, file: string) => readFileSync(new URL(file, url), 'utf8'))
    .replace(/^-- constants: (\S+)$/gm, (_, table: string) => {
      const entries = Object.entries(constants[table]!).map(([key, value]) => `${key} = ${value}`)
      return `local ${table} = { ${entries.join(', ')} }`
    })
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
