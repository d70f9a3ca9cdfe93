import { counted } from '../domain/counted.ts'
import type { Problem } from '../domain/errors.ts'
import type { SideInput } from '../domain/input-events.ts'
import { MapWatch } from '../pipeline/side-inputs/map-watch.ts'
import { fileMap } from '../pipeline/side-inputs/mapped-rows.ts'
import { type RowInput, readSideFile } from '../pipeline/side-inputs/rows.ts'

/** Results of checks: a summary line for what is fine or cannot be determined, a problem for what is wrong. */
export interface Findings {
  readonly problems: Problem[]
  readonly summary: string[]
}

type SideFileMaps = Parameters<typeof fileMap>[0]

const MAX_ROW_PROBLEMS = 100

/** The map of a file, and what watches its rows. */
export function watchedMap(maps: SideFileMaps, input: SideInput) {
  const map = maps.sideFileMaps?.[input]
  const watch = map && new MapWatch(input, map)
  return { map: fileMap(maps, input, watch), watch }
}

/** Adds a warning for each place of the map that no row has. */
export function sayUnseen(file: string, watch: MapWatch | undefined, summary: string[]): void {
  for (const warning of watch?.warnings() ?? []) summary.push(`${file}: warning: ${warning}`)
}

/** Checks each row of a file, and that the places of its map are there. */
export function checkRows(
  input: RowInput,
  file: string,
  maps: SideFileMaps,
  { problems, summary }: Findings,
): void {
  const { map, watch } = watchedMap(maps, input)
  let rows = 0
  let faulty = 0
  for (const found of readSideFile(input, file, (number) => number, undefined, map)) {
    if ('row' in found || 'deleted' in found) rows++
    else if (++faulty <= MAX_ROW_PROBLEMS) problems.push(found.problem)
  }
  if (faulty > MAX_ROW_PROBLEMS) {
    problems.push({ file, message: `${faulty} rows are faulty; the first ${MAX_ROW_PROBLEMS} are shown` })
  }
  if (faulty === 0) summary.push(`${file}: ${counted(rows, 'row')} of ${input}`)
  sayUnseen(file, watch, summary)
}
