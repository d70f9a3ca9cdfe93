import type { SideInput } from '../domain/input-events.ts'
import { parseOperatorText } from './files/operator-file.ts'
import { compileSchema, type Fault, show } from './files/operator-schema.ts'
import { FORMS, TOPIC_NAME } from './files/value-forms.ts'
import { type InputMap, MAP_SCHEMA, mapFaults, mapRelations } from './map-schema.ts'
import { type Form, FormError, path, type Reading, text } from './setting-forms.ts'
import { type SideMap, sideFileFaults, sideTopicFaults } from './side-map-schema.ts'

export const INPUT_FORMATS = ['json', 'avro', 'protobuf'] as const
export type InputFormat = (typeof INPUT_FORMATS)[number]

/** A topic of submissions as it is configured; what it leaves out is that of `input.format` and `input.map`. */
export interface InputTopicSetting {
  readonly topic: string
  readonly format?: InputFormat
  /** null: its records are input records as they are. */
  readonly map?: InputMap | null
}

const MAP_ALLOWED = 'fields of an input record with where they are in yours, see docs/input-records.md'

/** The map from the operator's records; as YAML or JSON text in the environment. */
export function inputMap(): Form<InputMap> {
  return {
    allowed: MAP_ALLOWED,
    secret: false,
    nullable: false,
    read: (raw, reading) => {
      const map = structured(raw, reading)
      const faults = mapFaults(map)
      if (faults.length > 0) throw new FormError('does not describe a map', faults)
      return map as InputMap
    },
  }
}

const topicSchema = {
  type: ['string', 'object'],
  format: 'topic',
  additionalProperties: false,
  required: ['topic'],
  properties: {
    topic: { type: 'string', format: 'topic' },
    format: { type: 'string', enum: INPUT_FORMATS },
    map: { ...MAP_SCHEMA, type: ['object', 'null'] },
  },
}
const checkTopics = compileSchema({ type: 'array', minItems: 1, items: topicSchema })

/** One topic by its name, or several: names, or each with its format and map. */
export function inputTopics(): Form<readonly InputTopicSetting[]> {
  return {
    allowed: `${topicName.allowed}; or a list of topics, each a name or {topic, format, map}`,
    secret: false,
    nullable: false,
    read: (raw, reading) => {
      const given = typeof raw === 'string' && raw.startsWith('[') ? structured(raw, reading) : raw
      const items =
        typeof given === 'string' && reading.fromText ? given.split(',').map((name) => name.trim()) : given
      if (!Array.isArray(items)) return [{ topic: topicName.read(items, reading) }]
      const faults = checkTopics(items)
      const more = topicRelations(items, faults.length === 0)
      if (faults.length + more.length > 0) throw new FormError('is no list of topics', [...faults, ...more])
      return items.map((item) => (typeof item === 'string' ? { topic: item } : item))
    },
  }
}

/** What no schema says: topics that are listed twice, and, of topics that the schema takes, what is wrong within a map. */
function topicRelations(items: readonly unknown[], valid: boolean): Fault[] {
  const names = items.map((item) =>
    typeof item === 'string' ? item : (item as Partial<InputTopicSetting> | null)?.topic,
  )
  const faults: Fault[] = []
  for (const [index, name] of names.entries()) {
    if (typeof name === 'string' && names.indexOf(name) < index)
      faults.push({ path: [index], message: `${show(name)} is listed twice: keep one` })
    const map = valid ? (items[index] as Partial<InputTopicSetting>).map : undefined
    if (map)
      for (const fault of mapRelations(map)) faults.push({ ...fault, path: [index, 'map', ...fault.path] })
  }
  return faults
}

/**
 * The topic of a side input: its name, or `{topic, map}`, which the configuration takes apart (`sideMaps`) when it is
 * complete.
 */
export function sideTopicForm(input: SideInput): Form<string> {
  return {
    allowed: `${topicName.allowed}; or {topic, map}`,
    secret: false,
    nullable: false,
    read: (raw, reading) => {
      const given = typeof raw === 'string' && raw.startsWith('{') ? structured(raw, reading) : raw
      if (typeof given !== 'object' || given === null) return topicName.read(given, reading)
      const faults = sideTopicFaults(input, given)
      if (faults.length > 0) throw new FormError('is no topic', faults)
      return given as unknown as string
    },
  }
}

const FILE = path('a path')

/** The file of a side input: its path, or `{file, map}`, which the configuration takes apart (`sideFileMaps`). */
export function sideFileForm(input: SideInput): Form<string> {
  return {
    allowed: `${FILE.allowed}; or {file, map}`,
    secret: false,
    nullable: false,
    read: (raw, reading) => {
      const given = typeof raw === 'string' && raw.startsWith('{') ? structured(raw, reading) : raw
      if (typeof given !== 'object' || given === null) return FILE.read(given, reading)
      const faults = sideFileFaults(input, given)
      if (faults.length > 0) throw new FormError('is no file', faults)
      const { file, map } = given as { readonly file: string; readonly map?: SideMap }
      return { file: FILE.read(file, reading), map } as unknown as string
    },
  }
}

/** Takes apart what `sideFileForm` has read. */
export function sideFileOf(value: unknown): { readonly file: string | null; readonly map?: SideMap } {
  if (typeof value !== 'object' || value === null) return { file: value as string | null }
  return value as { readonly file: string; readonly map?: SideMap }
}

/** Takes apart what `sideTopicForm` has read. */
export function sideTopicOf(value: unknown): { readonly topic: string | null; readonly map?: SideMap } {
  if (typeof value !== 'object' || value === null) return { topic: value as string | null }
  return value as { readonly topic: string; readonly map?: SideMap }
}

/** What the file has as a structure the environment has as YAML or JSON text. */
function structured(raw: unknown, { fromText }: Reading): unknown {
  if (!fromText || typeof raw !== 'string') return raw
  const { document, problems } = parseOperatorText('value', raw)
  const [problem] = problems
  if (problem) throw new FormError(`${problem.message} (line ${problem.line ?? 1})`)
  return document?.value
}

/** A topic name for settings. */
export const topicName = text(FORMS.topic, TOPIC_NAME)
