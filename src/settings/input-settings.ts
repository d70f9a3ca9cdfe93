import { SIDE_INPUTS, type SideInput } from '../domain/input-events.ts'
import { compileSchema, type Fault, show } from './files/operator-schema.ts'
import { FORMS, TOPIC_NAME } from './files/value-forms.ts'
import { type InputMap, MAP_SCHEMA, mapFaults, mapRelations } from './map-schema.ts'
import { optionalSetting, setting } from './setting.ts'
import {
  choice,
  duration,
  type Form,
  FormError,
  path,
  secret,
  structure,
  structured,
  text,
} from './setting-forms.ts'
import { type SideMap, sideFaults } from './side-map-schema.ts'

const INPUT_FORMATS = ['json', 'avro', 'protobuf'] as const
export type InputFormat = (typeof INPUT_FORMATS)[number]

/** A topic of submissions; `format` and `map` default to `input.format` and `input.map`. */
export interface InputTopicSetting {
  readonly topic: string
  readonly format?: InputFormat
  /** null: records are input records already. */
  readonly map?: InputMap | null
}

export const topicName = text(FORMS.topic, TOPIC_NAME)

const inputMap = structure<InputMap>('a map, see docs/input-records.md', mapFaults)

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

/** A topic name, or a list of names and of `{topic, format, map}`. */
export const inputTopics: Form<readonly InputTopicSetting[]> = {
  ...topicName,
  allowed: `${topicName.allowed}; or a list of topics, each a name or {topic, format, map}`,
  read: (raw, reading) => {
    const given = typeof raw === 'string' && raw.startsWith('[') ? structured(raw, reading) : raw
    const items =
      typeof given === 'string' && reading.fromText ? given.split(',').map((name) => name.trim()) : given
    if (!Array.isArray(items)) return [{ topic: topicName.read(items, reading) }]
    const faults = checkTopics(items)
    const all = [...faults, ...topicRelations(items, faults.length === 0)]
    if (all.length > 0) throw new FormError(all)
    return items.map((item) => (typeof item === 'string' ? { topic: item } : item))
  },
}

/** Checks beyond the schema: duplicate topics and, if `valid` by the schema, the relations within maps. */
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

const PLAIN = { topic: topicName, file: path('a path') }

/**
 * Topic or file of a side input: a name, or `{topic, map}` or `{file, map}`, which is read as a Mapped for `splitSideMaps`
 * although its type is string.
 */
export function sideForm(input: SideInput, place: 'topic' | 'file'): Form<string> {
  const plain = PLAIN[place]
  return {
    ...plain,
    allowed: `${plain.allowed}; or {${place}, map}`,
    read: (raw, reading) => {
      const given = typeof raw === 'string' && raw.startsWith('{') ? structured(raw, reading) : raw
      if (typeof given !== 'object' || given === null) return plain.read(given, reading)
      const faults = sideFaults(input, place, given)
      if (faults.length > 0) throw new FormError(faults)
      const { [place]: name, map } = given as Mapped & Readonly<Record<typeof place, string>>
      return { name: plain.read(name, reading), map } satisfies Mapped as unknown as string
    },
  }
}

interface Mapped {
  readonly name?: string
  readonly map?: SideMap | undefined
}

type SideMaps = { [I in SideInput]?: SideMap }

/** Replaces each Mapped in `values` by its name, and returns the maps. */
export function splitSideMaps(values: Record<string, unknown>): {
  sideMaps: SideMaps
  sideFileMaps: SideMaps
} {
  const split = (keyOf: (input: SideInput) => string): SideMaps => {
    const maps: SideMaps = {}
    for (const input of SIDE_INPUTS) {
      const key = keyOf(input)
      const value = values[key]
      if (typeof value !== 'object' || value === null) continue
      const { name, map } = value as Mapped
      values[key] = name
      if (map) maps[input] = map
    }
    return maps
  }
  return { sideMaps: split((input) => `kafka.topics.${input}`), sideFileMaps: split((input) => input) }
}

/** `input.*` and `clock.*` */
export const INPUT_SETTINGS = {
  'input.format': setting(
    choice(INPUT_FORMATS),
    'json',
    'Format of submissions, unless a topic has its own; `avro` and `protobuf` need `input.schemaRegistry.url`.',
  ),
  'input.map': optionalSetting(inputMap, 'Where the fields are in your records, unless a topic has its own.'),
  'input.schemaRegistry.url': optionalSetting(
    text(
      'an http:// or https:// URL without a login, for example http://registry:8081',
      /^https?:\/\/[^\s@/]+(?:\/[^\s@]*)?$/,
    ),
    'Schema registry with the REST API of Confluent; of Apicurio with the path `/apis/ccompat/v7`.',
  ),
  'input.schemaRegistry.username': optionalSetting(
    text('text without a colon', /^[^:]+$/),
    'User (HTTP Basic).',
  ),
  'input.schemaRegistry.password': optionalSetting(secret('text'), 'Its password.'),
  'clock.maxSkew': setting(
    duration(1_000, 3_600_000),
    30_000,
    'Clocks that differ by more disagree ([operations.md](operations.md#clocks)).',
  ),
} as const
