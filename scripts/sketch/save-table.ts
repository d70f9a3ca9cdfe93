import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Of } from '../../src/text/reader/model-file.ts'
import {
  SKETCH_FORMAT,
  SKETCH_FORMAT_VERSION,
  type SketchDescription,
} from '../../src/text/reader/sketch-table.ts'
import type { SketchTable } from '../../src/text/sketch.ts'

/** Writes `sketch.json` and `sketch.bin` into the folder. */
export function saveSketchTable(
  dir: string,
  { name, version }: Pick<SketchDescription, 'name' | 'version'>,
  { hashes, scales, vectors, mean }: Omit<SketchTable, 'id'>,
): void {
  const bytes = Buffer.concat(
    [hashes, scales, vectors, mean].map(
      (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    ),
  )
  const description: SketchDescription = {
    format: SKETCH_FORMAT,
    formatVersion: SKETCH_FORMAT_VERSION,
    name,
    version,
    grams: hashes.length,
    sha256: sha256Of(bytes),
  }
  writeFileSync(join(dir, 'sketch.bin'), bytes)
  writeFileSync(join(dir, 'sketch.json'), `${JSON.stringify(description, null, 2)}\n`)
}
