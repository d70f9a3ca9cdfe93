import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SKETCH_SIZE } from '../../domain/sketch.ts'
import type { SketchTable } from '../sketch.ts'
import { failModelFile, readModelFile, readModelJson, sha256Of } from './model-file.ts'

const FORMAT = 'sigwatch-sketch'
const FORMAT_VERSION = 1
/** Bytes per row: hash, scale, vector. */
const ROW = 4 + 4 + SKETCH_SIZE

/** `sketch.json` */
interface Description {
  readonly format: typeof FORMAT
  readonly formatVersion: typeof FORMAT_VERSION
  readonly name: string
  readonly version: string
  readonly grams: number
  /** `sketch.bin`: hashes, scales, vectors and mean in sequence, little-endian. */
  readonly sha256: string
}

type Parts = Omit<SketchTable, 'id'>

export function saveSketchTable(
  dir: string,
  { name, version }: Pick<Description, 'name' | 'version'>,
  { hashes, scales, vectors, mean }: Parts,
): void {
  const bytes = Buffer.concat(
    [hashes, scales, vectors, mean].map(
      (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    ),
  )
  const description: Description = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    name,
    version,
    grams: hashes.length,
    sha256: sha256Of(bytes),
  }
  writeFileSync(join(dir, 'sketch.bin'), bytes)
  writeFileSync(join(dir, 'sketch.json'), `${JSON.stringify(description, null, 2)}\n`)
}

/** Reads and validates the table of a folder. Throws InvalidInput (MODEL_INVALID) naming the file. */
export function loadSketchTable(dir: string): SketchTable {
  const file = join(dir, 'sketch.json')
  const description = descriptionIn(file)
  const { name, version, grams } = description
  const binary = join(dir, 'sketch.bin')
  const bytes = readModelFile(binary)
  const expected = grams * ROW + 4 * SKETCH_SIZE
  if (bytes.length !== expected)
    failModelFile(binary, `holds ${bytes.length} bytes, not the ${expected} of its sketch.json`)
  if (sha256Of(bytes) !== description.sha256)
    failModelFile(binary, 'is damaged: its SHA-256 is not the one in sketch.json')
  // Copy, so that elements are aligned.
  const { buffer } = new Uint8Array(bytes)
  return {
    id: `${name}@${version}`,
    hashes: new Uint32Array(buffer, 0, grams),
    scales: new Float32Array(buffer, 4 * grams, grams),
    vectors: new Int8Array(buffer, 8 * grams, grams * SKETCH_SIZE),
    mean: new Float32Array(buffer, grams * ROW, SKETCH_SIZE),
  }
}

function descriptionIn(file: string): Description {
  const value = readModelJson(file) as Partial<Description> | null
  const { format, formatVersion, name, version, grams, sha256: hash } = value ?? {}
  if (format !== FORMAT || formatVersion !== FORMAT_VERSION)
    failModelFile(file, `format: must be ${FORMAT} of version ${FORMAT_VERSION}`)
  if (typeof name !== 'string' || typeof version !== 'string' || typeof hash !== 'string')
    failModelFile(file, 'name, version and sha256 must be strings')
  if (!Number.isInteger(grams) || (grams as number) < 1)
    failModelFile(file, 'grams: must be a whole number above 0')
  return value as Description
}
