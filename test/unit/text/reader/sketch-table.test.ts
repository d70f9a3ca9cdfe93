import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { saveSketchTable } from '../../../../scripts/sketch/save-table.ts'
import { SHIPPED_SKETCH } from '../../../../src/detection/versions/sample-notices.ts'
import { InvalidInput } from '../../../../src/domain/errors.ts'
import { loadSketchTable } from '../../../../src/text/reader/sketch-table.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

const { path } = useFolder()
const folder = () => mkdtempSync(join(path, 'table-'))
const table = loadSketchTable(SHIPPED_SKETCH)

describe('the table of sketches', () => {
  it('reads what it wrote', () => {
    const dir = folder()
    saveSketchTable(dir, { name: 'sketch-zh', version: '1' }, table)
    const read = loadSketchTable(dir)
    const bytes = (of: Uint32Array | Float32Array | Int8Array) =>
      Buffer.from(of.buffer, of.byteOffset, of.byteLength).toString('base64')
    expect(read.id).toBe('sketch-zh@1')
    for (const part of ['hashes', 'scales', 'vectors', 'mean'] as const)
      expect(bytes(read[part]) === bytes(table[part]), part).toBe(true)
  })

  it('says which file is damaged', () => {
    const dir = folder()
    for (const name of ['sketch.json', 'sketch.bin'])
      copyFileSync(join(SHIPPED_SKETCH, name), join(dir, name))
    const bytes = readFileSync(join(dir, 'sketch.bin'))
    bytes[5000]! ^= 1
    writeFileSync(join(dir, 'sketch.bin'), bytes)
    expect(() => loadSketchTable(dir)).toThrow(InvalidInput)
    writeFileSync(join(dir, 'sketch.bin'), bytes.subarray(0, 99))
    expect(() => loadSketchTable(dir)).toThrow(/holds 99 bytes/)
    writeFileSync(join(dir, 'sketch.json'), '{}')
    expect(() => loadSketchTable(dir)).toThrow(/format/)
  })

  it('has a card that names what it was made of', () => {
    const card = JSON.parse(readFileSync(join(SHIPPED_SKETCH, 'card.json'), 'utf8'))
    expect(card).toMatchObject({ name: 'sketch-zh', version: '1', encoder: { licence: 'MIT' } })
    expect(card.distillation.grams).toBe(table.hashes.length)
  })
})
