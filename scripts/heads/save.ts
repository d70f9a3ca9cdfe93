import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HEADS } from '../../src/domain/heads.ts'
import { HEADS_FORMAT, type HeadsDescription } from '../../src/text/reader/heads.ts'
import { sha256Of } from '../../src/text/reader/model-file.ts'
import type { TokenizerSettings } from '../../src/text/reader/tokenizer-settings.ts'

/** Weights of `Heads`, before they are quantised. */
export interface HeadWeights {
  readonly tokenizer: TokenizerSettings
  /** Rows × heads. */
  readonly table: Float32Array
  readonly bias: readonly number[]
}

/** Writes the heads into a model folder, each column quantised to bytes. */
export function saveHeads(dir: string, { tokenizer, table, bias }: HeadWeights): void {
  const width = HEADS.length
  const most = new Float32Array(width)
  for (const [at, value] of table.entries())
    most[at % width] = Math.max(most[at % width] as number, Math.abs(value))
  const scale = Array.from(most, (value) => (value > 0 ? value / 127 : 1))
  const bytes = Buffer.from(
    Int8Array.from(table, (value, at) => Math.round(value / (scale[at % width] as number))).buffer,
  )
  const description: HeadsDescription = {
    format: HEADS_FORMAT,
    formatVersion: 1,
    heads: HEADS,
    tokenizer,
    scale,
    bias,
    weights: { bytes: bytes.length, sha256: sha256Of(bytes) },
  }
  writeFileSync(join(dir, 'heads.bin'), bytes)
  writeFileSync(join(dir, 'heads.json'), `${JSON.stringify(description, null, 2)}\n`)
}
