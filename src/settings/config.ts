import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InvalidInput, type Problem } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { nearest } from './files/nearest.ts'
import {
  describeReadError,
  formatPath,
  type OperatorDocument,
  type Path,
  readOperatorFile,
} from './files/operator-file.ts'
import { suggestion } from './files/operator-schema.ts'
import { splitSideMaps } from './input-settings.ts'
import type { Setting } from './setting.ts'
import { checkTogether, decide, type Place } from './setting-checks.ts'
import { FormError, type Reading } from './setting-forms.ts'
import { type Config, SETTING_KEYS, SETTINGS, type SettingKey, variableOf } from './settings.ts'

export type { Config, SettingKey } from './settings.ts'

/** Configuration file read from the working directory by default. */
export const DEFAULT_FILE = 'sigwatch.yaml'

export interface ConfigOptions {
  /** `--config`; defaults to `sigwatch.yaml` in the working directory, if it exists. */
  readonly file?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Working directory, to which paths of the environment and the command line are relative. */
  readonly folder?: string | undefined
  /** Command-line options: they take precedence over file and environment. Problems name them as `--<key>`. */
  readonly overrides?: Readonly<Partial<Record<SettingKey, string | undefined>>>
  /** Whether to apply the checks for a service on Kafka (brokers require a token key). Default true. */
  readonly serving?: boolean
}

export interface ConfigReading {
  /** Complete; invalid settings have their defaults. */
  readonly config: Config
  readonly file: string | undefined
  /** Where each key that is set was set, valid or not. */
  readonly given: ReadonlyMap<SettingKey, Place>
  /** Value files of keys, named by variables that end with `_FILE`. */
  readonly valueFiles: ReadonlyMap<SettingKey, string>
  readonly problems: readonly Problem[]
}

interface Raw {
  readonly place: Place
  /** The file with the value, if a `_FILE` variable names one. */
  readonly valueFile?: string
  /** Place of a part of the value; absent for text. */
  readonly within?: (path: Path) => Place
  readonly value: unknown
  readonly reading: Reading
}

/** Reads the configuration and reports all problems at once. The only reader of the environment. */
export function readConfig(options: ConfigOptions = {}): ConfigReading {
  const { env = process.env, folder = '', overrides = {}, serving = true } = options
  const problems: Problem[] = []
  const raws = new Map<SettingKey, Raw>()
  const file =
    options.file ?? (existsSync(join(folder, DEFAULT_FILE)) ? join(folder, DEFAULT_FILE) : undefined)
  if (file !== undefined) readFile(file, raws, problems)
  const refused = readEnvironment(env, folder, raws, problems)
  for (const [key, value] of Object.entries(overrides) as [SettingKey, string | undefined][]) {
    if (value === undefined) continue
    const place = { file: 'command line', key: `--${key}` }
    raws.set(key, { place, value, reading: { fromText: true, folder } })
  }

  const values = {} as Record<SettingKey, unknown>
  const given = new Map<SettingKey, Place>()
  const valueFiles = new Map<SettingKey, string>()
  for (const key of SETTING_KEYS) {
    const { form, default: fallback } = SETTINGS[key] as Setting<unknown>
    const raw = raws.get(key)
    values[key] = fallback
    if (!raw) continue
    given.set(key, raw.place)
    if (raw.valueFile !== undefined) valueFiles.set(key, raw.valueFile)
    try {
      values[key] = form.read(raw.value, raw.reading)
    } catch (error) {
      if (!(error instanceof FormError)) throw error
      refused.add(key)
      problems.push(...problemsOf(raw, error))
    }
  }
  const maps = splitSideMaps(values)
  const config: Config = { ...decide(nest(values)), ...maps }
  const elsewhere = { file: file ?? 'configuration' }
  for (const { keys, message } of checkTogether(config, serving)) {
    // An invalid value has its own message: do not report the conflicts that follow from it.
    if (keys.some((key) => refused.has(key))) continue
    problems.push({ ...(given.get(keys[0]) ?? { ...elsewhere, key: keys[0] }), message })
  }
  return { config, given, valueFiles, problems, file }
}

/** Reads the configuration; throws InvalidInput (CONFIG_INVALID) with all problems. */
export function loadConfig(options: ConfigOptions = {}): ConfigReading {
  const reading = readConfig(options)
  if (reading.problems.length > 0) throw new InvalidInput('CONFIG_INVALID', reading.problems)
  return reading
}

// ---------------------------------------------------------------- the file

function readFile(file: string, raws: Map<SettingKey, Raw>, problems: Problem[]): void {
  const { document, problems: faults } = readOperatorFile(file)
  problems.push(...faults)
  if (document && document.value !== undefined) walk(document, document.value, [], raws, problems)
}

function walk(
  document: OperatorDocument,
  value: unknown,
  path: Path,
  raws: Map<SettingKey, Raw>,
  problems: Problem[],
): void {
  const key = path.join('.')
  const line = document.line(path)
  const place: Place = {
    file: document.file,
    ...given({ line, key: key === '' ? undefined : key }),
  }
  if (isSetting(key) && !path.some((step) => String(step).includes('.'))) {
    const within = (inner: Path): Place => placeIn(document, [...path, ...inner])
    raws.set(key, { place, within, value, reading: { fromText: false, folder: dirname(document.file) } })
    return
  }
  const below = keysBelow(path)
  if (path.length > 0 && below.length === 0) {
    problems.push({ ...place, message: unknownKey(path) })
    return
  }
  // An empty group (`kafka:`) is left when all its keys are commented out.
  if (value === null) return
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push({ ...place, message: `must be a mapping of keys (allowed: ${below.join(', ')})` })
    return
  }
  for (const [step, item] of Object.entries(value)) walk(document, item, [...path, step], raws, problems)
}

function placeIn(document: OperatorDocument, path: Path): Place {
  const line = document.line(path)
  return { file: document.file, key: formatPath(path), ...given({ line }) }
}

/** One problem per fault of a structure; values from the environment have no lines. */
function problemsOf({ place, within }: Raw, { message, faults }: FormError): Problem[] {
  if (faults.length === 0) return [{ ...place, message }]
  const problems = faults.map((fault): Problem => {
    const inner = within?.(fault.path) ?? { ...place, key: formatPath([place.key ?? '', ...fault.path]) }
    return { ...inner, message: fault.message }
  })
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

function isSetting(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key)
}

/** Distinct next steps of the keys below a path. */
function keysBelow(path: Path): string[] {
  const prefix = path.length === 0 ? '' : `${path.join('.')}.`
  const steps = SETTING_KEYS.filter((key) => key.startsWith(prefix)).map(
    (key) => key.slice(prefix.length).split('.')[0]!,
  )
  return [...new Set(steps)]
}

function unknownKey(path: Path): string {
  const siblings = keysBelow(path.slice(0, -1))
  const last = String(path.at(-1))
  const whole = path.join('.')
  if (last.includes('.') && isSetting(whole)) {
    const steps = whole.split('.')
    return `unknown key; write it nested: ${steps.join(': {')}: …${'}'.repeat(steps.length - 1)}`
  }
  const hint = nearest(last, siblings) ?? nearest(whole, SETTING_KEYS)
  return `unknown key${hint === undefined ? '' : `; did you mean "${hint}"?`} (allowed: ${siblings.join(', ')})`
}

// ---------------------------------------------------------------- the environment

/** Variables that Kubernetes sets for a Service whose name begins with sigwatch; they are not settings. */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/

function isServiceLink(variable: string, value: string): boolean {
  return SERVICE_LINK.test(variable) || (variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value))
}

/** Returns the keys whose file cannot be read. */
function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
  raws: Map<SettingKey, Raw>,
  problems: Problem[],
): Set<SettingKey> {
  const refused = new Set<SettingKey>()
  const reading = { fromText: true, folder }
  const known = new Map<string, SettingKey>()
  for (const key of SETTING_KEYS) {
    // The variable named after the key comes last and takes precedence over the alias.
    const { alias } = SETTINGS[key] as Setting<unknown>
    for (const variable of alias === undefined ? [variableOf(key)] : [alias, variableOf(key)]) {
      known.set(variable, key)
      known.set(`${variable}_FILE`, key)
      const value = env[variable]
      const from = env[`${variable}_FILE`]
      if (value !== undefined && from !== undefined) {
        const place = { file: 'environment', key: `${variable}_FILE` }
        problems.push({ ...place, message: `${variable} is set too: keep one of the two` })
      } else if (value !== undefined && !isServiceLink(variable, value)) {
        raws.set(key, { place: { file: 'environment', key: variable }, value, reading })
      } else if (from !== undefined) {
        const place = { file: 'environment', key: `${variable}_FILE` }
        const path = from.startsWith('/') ? from : join(folder, from)
        try {
          const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
          raws.set(key, { place, valueFile: path, value, reading: { ...reading, file: path } })
        } catch (error) {
          refused.add(key)
          problems.push({ ...place, message: `${path}: ${describeReadError(error)}` })
        }
      }
    }
  }
  const names = [...known.keys()].filter(
    (variable) => variable.startsWith('SIGWATCH_') && !variable.endsWith('_FILE'),
  )
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('SIGWATCH_') || known.has(variable) || isServiceLink(variable, value ?? ''))
      continue
    const base = variable.replace(/_FILE$/, '')
    problems.push({
      file: 'environment',
      key: variable,
      message: `unknown variable${suggestion(base, names)} (allowed: SIGWATCH_ and the path of a key of docs/config.md in upper snake case)`,
    })
  }
  return refused
}

// ---------------------------------------------------------------- the shape

function nest(values: Readonly<Record<SettingKey, unknown>>): Config {
  const root: Record<string, unknown> = {}
  for (const key of SETTING_KEYS) {
    const steps = key.split('.')
    let at = root
    for (const step of steps.slice(0, -1)) {
      at[step] ??= {}
      at = at[step] as Record<string, unknown>
    }
    at[steps.at(-1)!] = values[key]
  }
  return root as unknown as Config
}
