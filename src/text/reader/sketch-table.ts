import { join } from 'node:path'
import { SKETCH_SIZE } from '../../domain/sketch.ts'
import type { SketchTable } from '../sketch.ts'
import { failModelFile, readModelFile, readModelJson, sha256Of } from './model-file.ts'

export const SKETCH_FORMAT = 'sigwatch-sketch'
export const SKETCH_FORMAT_VERSION = 1
/** Bytes per row: hash, scale, vector. */
const ROW = 4 + 4 + SKETCH_SIZE

/** `sketch.json` */
export interface SketchDescription {
  readonly format: typeof SKETCH_FORMAT
  readonly formatVersion: typeof SKETCH_FORMAT_VERSION
  readonly name: string
  readonly version: string
  readonly grams: number
  /** `sketch.bin`: hashes, scales, vectors and mean in sequence, little-endian. */
  readonly sha256: string
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

function descriptionIn(file: string): SketchDescription {
  const value = readModelJson(file) as Partial<SketchDescription> | null
  const { format, formatVersion, name, version, grams, sha256: hash } = value ?? {}
  if (format !== SKETCH_FORMAT || formatVersion !== SKETCH_FORMAT_VERSION)
    failModelFile(file, `format: must be ${SKETCH_FORMAT} of version ${SKETCH_FORMAT_VERSION}`)
  if (typeof name !== 'string' || typeof version !== 'string' || typeof hash !== 'string')
    failModelFile(file, 'name, version and sha256 must be strings')
  if (!Number.isInteger(grams) || (grams as number) < 1)
    failModelFile(file, 'grams: must be a whole number above 0')
  return value as SketchDescription
}
