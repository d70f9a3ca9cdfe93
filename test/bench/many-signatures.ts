import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'yaml'

/** Name of the `n`th of many signatures. */
export const manyName = (n: number): string => `商户${n.toString(36)}`

/** Filing of the `n`th of many signatures: a port of its own at one of 300 service providers. */
export const manyFiling = (n: number) => ({
  sp: `SP${1000 + (n % 300)}`,
  carrier: 'CMCC',
  ports: [`1069${String(n).padStart(8, '0')}`],
  scope: ['notice' as const, 'marketing' as const],
  status: 'filed' as const,
})

/** Row of the `n`th of many signatures. */
export const manyRow = (n: number) => ({
  kind: 'signature',
  name: manyName(n),
  filings: [manyFiling(n)],
})

/** Writes a registry file (JSONL): the rows of the registry file `base` (YAML), if any, filled up to `count` signatures. */
export async function writeManySignatures(file: string, count: number, base?: string): Promise<void> {
  await pipeline(Readable.from(linesOf(count, base)), createWriteStream(file))
}

/** The registry file of a traffic, or one in `folder` that is filled up to `signatures` where a number is given. */
export async function filledRegistry(registry: string, folder: string, signatures?: string): Promise<string> {
  if (signatures === undefined) return registry
  const file = join(folder, 'registry.jsonl')
  await writeManySignatures(file, Number(signatures), registry)
  return file
}

function* linesOf(count: number, base: string | undefined): Generator<string> {
  const { signatures = [], ports = [] } = base === undefined ? {} : rowsOf(base)
  for (const row of signatures) yield lineOf({ kind: 'signature', ...row })
  for (const row of ports) yield lineOf({ kind: 'port', ...row })
  for (let n = 0; n < count - signatures.length; n++) yield lineOf(manyRow(n))
}

const rowsOf = (registry: string) =>
  parse(readFileSync(registry, 'utf8')) as Readonly<Record<'signatures' | 'ports', readonly object[]>>

/** Line of a registry row in a file (JSONL). */
export const lineOf = (row: object): string => `${JSON.stringify(row)}\n`
