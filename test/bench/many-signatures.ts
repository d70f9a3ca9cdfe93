import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { parse } from 'yaml'

const PIECE = 5_000

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

/** Row of the `n`th of many signatures in a registry file (JSONL). */
export const manyRow = (n: number): string =>
  `${JSON.stringify({ kind: 'signature', name: manyName(n), filings: [manyFiling(n)] })}\n`

/** Writes a registry file (JSONL) of `count` signatures, after the rows of the registry file `base` (YAML), if any. */
export async function writeManySignatures(file: string, count: number, base?: string): Promise<void> {
  const lines = createWriteStream(file)
  if (base !== undefined) lines.write(rowsOf(base))
  for (let n = 0; n < count; n += PIECE) {
    const piece = Array.from({ length: Math.min(PIECE, count - n) }, (_, k) => manyRow(n + k))
    if (!lines.write(piece.join(''))) await once(lines, 'drain')
  }
  lines.end()
  await finished(lines)
}

function rowsOf(base: string): string {
  const { signatures, ports } = parse(readFileSync(base, 'utf8')) as Record<'signatures' | 'ports', object[]>
  const rows = [
    ...signatures.map((row) => ({ kind: 'signature', ...row })),
    ...ports.map((row) => ({ kind: 'port', ...row })),
  ]
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
