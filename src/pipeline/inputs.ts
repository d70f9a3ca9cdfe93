import { RegisteredValues } from '../adapters/input/registered-values.ts'
import { optionFault, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { RawRecord } from '../domain/message.ts'
import type { Config } from '../settings/config.ts'
import type { InputFormat } from '../settings/input-settings.ts'
import type { InputMap } from '../settings/map-schema.ts'
import { type Decoded, type DecodeLimits, decode, isRejection, isSplit } from './decode.ts'
import type { SeenPlace } from './field-map.ts'
import { type CountLeftOut, leftOutEvents } from './left-out.ts'
import { mappedFields, needsEnvelope, openEnvelope, withPlace } from './record-reader.ts'

/** Time that one-off commands wait for the schema registry, ms. */
const PATIENCE = 15_000

export interface InputTopic {
  readonly topic: string
  readonly format: InputFormat
  /** null if its records are plain input records. */
  readonly map: InputMap | null
}

/** Decodes a record. If there is a `prepare`, it must fetch what the record needs first. */
export interface Decode {
  (raw: RawRecord): Decoded
  /**
   * True if everything that these records need is available; otherwise resolves with true once it is, or with false if
   * the signal is aborted first.
   */
  readonly prepare?: (records: readonly RawRecord[], signal?: AbortSignal) => true | Promise<boolean>
}

/** The input topics, in configuration order. */
export function inputsOf({ kafka, input }: Pick<Config, 'kafka' | 'input'>): InputTopic[] {
  return kafka.topics.messages.map(({ topic, format = input.format, map = input.map }) => ({
    topic,
    format,
    map,
  }))
}

export function inputTopicNames(config: Pick<Config, 'kafka' | 'input'>): string[] {
  return inputsOf(config).map(({ topic }) => topic)
}

/** Decodes Kafka records as configured for their topics. `watch`: as of `compileMap`, with the topic of the place. */
export function topicDecoder(
  config: Config,
  emit: Emit = () => {},
  watch?: (topic: string, place: SeenPlace) => void,
): Decode {
  const values = registeredValues(config, emit)
  const leftOut = leftOutEvents(emit)
  const decoders = new Map(
    inputsOf(config).map((input) => {
      const { topic } = input
      const see = watch && ((place: SeenPlace) => watch(topic, place))
      return [topic, decoderOf(input, config.limits, values, leftOut, see)]
    }),
  )
  const plain: Decode = (raw) => decode(raw, config.limits)
  const read = (raw: RawRecord) => (decoders.get(raw.position.topic) ?? plain)(raw)
  if (![...decoders.values()].some(({ prepare }) => prepare)) return read
  const prepare: Decode['prepare'] = (records, signal) => {
    const [first] = records
    return (first && decoders.get(first.position.topic)?.prepare?.(records, signal)) ?? true
  }
  return Object.assign(read, { prepare })
}

/** Decodes lines of files as configured for the input with that name, or for the only one. `watch`: as of `compileMap`. */
export function lineDecoder(
  config: Config,
  topic?: string,
  emit: Emit = () => {},
  watch?: (place: SeenPlace) => void,
): Decode {
  const input = inputOfLines(config, topic)
  const { map, format } = input
  const values = registeredValues(config, emit)
  const leftOut = leftOutEvents(emit)
  if (map === null || (format === 'json' && !needsEnvelope(map)))
    return decoderOf(input, config.limits, values, leftOut, watch)
  const fields = mappedFields(map, valueReader(input, values), leftOut, watch)
  const read = placed(map, (raw) => decode(raw, config.limits, (line) => fields(openEnvelope(line))))
  return prepared(read, input, values, (raw) => {
    try {
      return openEnvelope(raw).value
    } catch {
      // Reported when the record is decoded.
      return NOTHING
    }
  })
}

/** The input whose records a file contains. Throws USAGE if several inputs differ and none is named. */
export function inputOfLines(config: Pick<Config, 'kafka' | 'input'>, topic?: string): InputTopic {
  const inputs = inputsOf(config)
  const named = inputs.find((input) => input.topic === topic)
  if (named) return named
  const names = inputs.map((input) => input.topic).join(', ')
  if (topic !== undefined) throw optionFault('--topic', `must be one of ${names}, is "${topic}"`)
  const [first] = inputs
  if (inputs.some(({ map, format }) => map !== first!.map || format !== first!.format))
    throw new SigwatchError('USAGE', `which input's records are in the file? Give --topic, one of ${names}`)
  return first!
}

const NOTHING = Buffer.alloc(0)

function registeredValues(config: Config, emit: Emit): RegisteredValues | undefined {
  const { url, username, password } = config.input.schemaRegistry
  if (url === null || inputsOf(config).every(({ format }) => format === 'json')) return undefined
  const login = username === null ? {} : { username, password: password?.reveal() ?? '' }
  return new RegisteredValues({ url, ...login }, emit)
}

function decoderOf(
  input: InputTopic,
  limits: DecodeLimits,
  values: RegisteredValues | undefined,
  leftOut: CountLeftOut,
  watch?: (place: SeenPlace) => void,
): Decode {
  const { map } = input
  if (map === null) return (raw) => decode(raw, limits)
  const fields = mappedFields(map, valueReader(input, values), leftOut, watch)
  const read = placed(map, (raw) => decode(raw, limits, fields))
  return prepared(read, input, values, ({ value }) => value)
}

function valueReader(
  { format }: InputTopic,
  values: RegisteredValues | undefined,
): ((value: Buffer) => unknown) | undefined {
  if (format === 'json') return undefined
  if (!values) throw new SigwatchError('CONFIG_INVALID', 'input.schemaRegistry.url is needed')
  return (value) => values.read(format, value)
}

function prepared(
  read: Decode,
  { format }: InputTopic,
  values: RegisteredValues | undefined,
  bytesOf: (raw: RawRecord) => Buffer,
): Decode {
  if (format === 'json' || !values) return read
  return Object.assign((raw: RawRecord) => read(raw), {
    prepare: (records: readonly RawRecord[], signal?: AbortSignal) =>
      values.prepare(format, records.map(bytesOf), signal),
  })
}

/** For one-off commands: rejects with SCHEMA_REGISTRY_UNREACHABLE if the registry does not answer within 15 s. */
export async function prepareNow(decode: Decode, records: readonly RawRecord[]): Promise<void> {
  if (!decode.prepare || (await decode.prepare(records, AbortSignal.timeout(PATIENCE)))) return
  const message = `the schema registry does not answer within ${PATIENCE / 1000} s`
  throw new SigwatchError('SCHEMA_REGISTRY_UNREACHABLE', message)
}

/** Adds the location in the map to errors about fields. */
function placed(map: InputMap, read: Decode): Decode {
  const say = <T extends Decoded>(result: T): T =>
    isRejection(result) ? { ...result, detail: withPlace(result.detail, map) } : result
  return (raw) => {
    const result = read(raw)
    return isSplit(result) ? { items: result.items.map(say) } : say(result)
  }
}
