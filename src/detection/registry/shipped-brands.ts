import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type LoadedRows, loadRegistry } from './load.ts'

export const SHIPPED_BRANDS = fileURLToPath(new URL('../../../config/brands.yaml', import.meta.url))
/** The list as JSON, which loads much faster. Written by the build; absent next to the sources. */
const BUILT_BRANDS = fileURLToPath(new URL('./brands.json', import.meta.url))

/** Rows of the shipped list, from the build's JSON if that matches the current list, else from the list itself. */
export function loadShippedBrands(built = BUILT_BRANDS): LoadedRows {
  if (existsSync(built)) {
    const rows = JSON.parse(readFileSync(built, 'utf8')) as LoadedRows
    const hash = createHash('sha256').update(readFileSync(SHIPPED_BRANDS)).digest('hex')
    if (hash.startsWith(rows.hash)) return rows
  }
  return loadRegistry(SHIPPED_BRANDS)
}
