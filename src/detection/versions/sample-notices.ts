import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CarriedKind } from '../../domain/notices.ts'
import { libraries } from '../../settings/files/libraries.ts'
import { readText } from '../../text/read-text.ts'
import { loadSketchTable } from '../../text/reader/sketch-table.ts'
import { Sketcher } from '../../text/sketch.ts'
import { type Comparing, NoticeIndex, type SampleGroup } from '../notices/notice-index.ts'

export const SHIPPED_SKETCH = fileURLToPath(new URL('../../../models/sketch-zh/1', import.meta.url))
export const SAMPLE_NOTICES = fileURLToPath(new URL('../../../config/notices.yaml', import.meta.url))

export interface SampleRows {
  readonly name: string
  readonly brands: readonly string[]
  readonly carries: readonly CarriedKind[]
  readonly notices: readonly string[]
}

export function readSampleNotices(): readonly SampleRows[] {
  return (libraries.yaml.parse(readFileSync(SAMPLE_NOTICES, 'utf8')) as { groups: SampleRows[] }).groups
}

/** An index with only the shipped samples, which are read when the first text is compared. */
export function openNotices(): NoticeIndex {
  return new NoticeIndex(openShipped)
}

function openShipped(): Comparing {
  const sketcher = new Sketcher(loadSketchTable(SHIPPED_SKETCH))
  const samples = readSampleNotices().map(
    ({ brands, carries, notices }): SampleGroup => ({
      brands: new Set(brands),
      carries,
      sketches: notices.flatMap((text) => sketcher.sketch(readText(text)) ?? []),
    }),
  )
  return { sketcher, samples }
}
