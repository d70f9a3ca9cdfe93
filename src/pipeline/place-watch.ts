import { suggestion } from '../settings/files/operator-schema.ts'
import { type FieldRule, type FieldSource, type InputMap, MAPPED_FIELDS } from '../settings/map-schema.ts'
import { named, type SeenPlace } from './field-map.ts'
import { stepsOf } from './json-pointer.ts'

interface Watched {
  readonly name: string
  readonly rule: FieldRule
  readonly steps: readonly string[]
  /** How many of the steps led on, in the record that had most of them. */
  depth: number
  /** Names found at that depth instead of the next step. */
  readonly there: Set<string>
}

const SHOWN_NAMES = 20
/** Names that may be numbers of people, and names too long to show. */
const UNSHOWN = /\d{7}|.{41}/su

/** Finds the places of a map that no record has: a mistyped pointer, or a column with another name. */
export class PlaceWatch {
  readonly #open: Set<Watched>
  #seen = 0

  constructor(sources: Iterable<readonly [field: string, source: FieldSource]>) {
    this.#open = new Set([...sources].flatMap(([field, source]) => watchedOf(field, source)))
  }

  see(place: SeenPlace): void {
    this.#seen++
    for (const watched of this.#open) if (isThere(watched, place)) this.#open.delete(watched)
  }

  /** The places that were in none of the records, and what may be meant; nothing if there were no records. */
  unseen(): { readonly name: string; readonly meant: string }[] {
    if (this.#seen === 0) return []
    return [...this.#open].map(({ name, steps, depth, there }) => {
      const names = [...there]
      const found = names.length === 0 ? '' : ` (found there: ${names.join(', ')})`
      return { name, meant: `${suggestion(steps[depth] ?? '', names)}${found}` }
    })
  }
}

export function placesOf(map: InputMap): (readonly [field: string, source: FieldSource])[] {
  const { ext = {}, part = {} } = map
  return [
    ...MAPPED_FIELDS.flatMap((field) => (map[field] === undefined ? [] : [[field, map[field]] as const])),
    ...Object.entries(ext).map(([field, source]) => [`ext.${field}`, source] as const),
    ...Object.entries<FieldSource>(part).map(([field, source]) => [`part.${field}`, source] as const),
  ]
}

function watchedOf(field: string, source: FieldSource): Watched[] {
  const rule: FieldRule = typeof source === 'string' ? { pointer: source } : source
  if (rule.join) return rule.join.flatMap((member) => watchedOf(field, member))
  if (rule.pointer === undefined && rule.header === undefined) return []
  const steps = rule.pointer === undefined ? [] : stepsOf(rule.pointer)
  return [{ name: named(field, rule), rule, steps, depth: 0, there: new Set() }]
}

function isThere(watched: Watched, place: SeenPlace): boolean {
  const { rule, steps } = watched
  if (rule.header !== undefined) return place.record.headers?.get(rule.header) !== undefined
  let value = rule.pointer!.startsWith('.') ? place.item : place.body
  for (const [depth, step] of steps.entries()) {
    if (typeof value !== 'object' || value === null) return false
    if (!Object.hasOwn(value, step)) {
      if (!Array.isArray(value)) note(watched, depth, Object.keys(value))
      return false
    }
    value = (value as Record<string, unknown>)[step]
  }
  // An empty text is a field that gateways leave empty, not a mistyped pointer.
  return value !== undefined && value !== null
}

function note(watched: Watched, depth: number, names: Iterable<string>): void {
  if (depth < watched.depth) return
  const { there } = watched
  if (depth > watched.depth) there.clear()
  watched.depth = depth
  for (const name of names) {
    if (there.size >= SHOWN_NAMES) return
    if (!UNSHOWN.test(name)) there.add(name)
  }
}
