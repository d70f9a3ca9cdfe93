import type { SideInput } from '../../domain/input-events.ts'
import { suggestion } from '../../settings/files/operator-schema.ts'
import type { FieldSource } from '../../settings/map-schema.ts'
import { NEEDED_OF_KIND, NEEDED_SIDE_FIELDS, type SideMap } from '../../settings/side-map-schema.ts'
import { named, type SeenPlace } from '../field-map.ts'
import { stepsOf } from '../json-pointer.ts'
import { PlaceWatch } from '../place-watch.ts'

type Sources = readonly (readonly [field: string, source: FieldSource])[]

/** Finds the places of a map that no row of its file has. */
export class MapWatch {
  readonly #input: SideInput
  readonly #map: SideMap
  #isSheet = false
  #lacked: readonly string[] = []
  #rows: PlaceWatch

  constructor(input: SideInput, map: SideMap) {
    this.#input = input
    this.#map = map
    const { delete: _, ...fields } = map
    // That a file of other rows deletes none is normal.
    this.#rows = new PlaceWatch(sourcesOf(fields))
  }

  /** Called with the columns of a sheet, before its rows. */
  header(columns: readonly string[]): void {
    this.#isSheet = true
    // Those that each row needs are faults.
    const needed = new Set(neededPlaces(this.#input, this.#map).map(([field]) => field))
    const optional = sourcesOf(this.#map).filter(([field]) => !needed.has(field))
    this.#lacked = lackedColumns(optional, columns)
    const { delete: _, ...fields } = this.#map
    this.#rows = new PlaceWatch(sourcesOf(fields).filter(([, source]) => isColumn(source, columns)))
  }

  see(place: SeenPlace): void {
    this.#rows.see(place)
  }

  warnings(): string[] {
    const unseen = this.#rows
      .unseen()
      .map(({ name, meant }) =>
        this.#isSheet ? `${name} is empty in all rows` : `${name} is in none of the rows${meant}`,
      )
    return [...this.#lacked, ...unseen]
  }
}

export function neededPlaces(input: SideInput, map: SideMap): Sources {
  const { kind } = map
  const constant = typeof kind === 'object' && 'value' in kind ? String(kind.value) : ''
  const needed = [
    ...NEEDED_SIDE_FIELDS[input],
    ...(input === 'registry' ? (NEEDED_OF_KIND[constant] ?? []) : []),
  ]
  return sourcesOf(map).filter(([field]) => needed.includes(field))
}

/** One text per place that is no column of the sheet. */
export function lackedColumns(places: Sources, columns: readonly string[]): string[] {
  return places
    .filter(([, source]) => !isColumn(source, columns))
    .map(([field, source]) => {
      const near = suggestion(stepsOf(pointerOf(source)!).join('/'), columns)
      return `${named(field, source)}: the header has no such column${near} (columns: ${columns.join(', ')})`
    })
}

function sourcesOf(map: SideMap): Sources {
  return Object.entries(map) as unknown as Sources
}

function pointerOf(source: FieldSource): string | undefined {
  return typeof source === 'string' ? source : source.pointer
}

function isColumn(source: FieldSource, columns: readonly string[]): boolean {
  const pointer = pointerOf(source)
  if (pointer === undefined) return true
  const steps = stepsOf(pointer)
  return steps.length === 1 && columns.includes(steps[0]!)
}
