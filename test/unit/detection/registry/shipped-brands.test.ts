import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadRegistry } from '../../../../src/detection/registry/load.ts'
import { loadShippedBrands, SHIPPED_BRANDS } from '../../../../src/detection/registry/shipped-brands.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

describe('loadShippedBrands', () => {
  const folder = useFolder()
  const listed = loadRegistry(SHIPPED_BRANDS)
  const built = (rows: object) => {
    writeFileSync(folder.file('brands.json'), JSON.stringify(rows))
    return folder.file('brands.json')
  }

  it('reads the same rows from the build as from the list', () => {
    expect(loadShippedBrands(built(listed))).toEqual(listed)
  })

  it('reads the list itself where it was changed after the build', () => {
    expect(loadShippedBrands(built({ ...listed, hash: '000000000000', brands: [] }))).toEqual(listed)
  })

  it('reads the list itself where nothing was built', () => {
    expect(loadShippedBrands(folder.file('none.json'))).toEqual(listed)
  })
})
