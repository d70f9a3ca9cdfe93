import { WITHOUT_SIGNATURE_ROWS } from '../detection/detectors/describe.ts'
import { type OwnRulesReading, readOwnRules } from '../detection/detectors/own-rules/read.ts'
import { readPolicy } from '../detection/policy/load.ts'
import type { PolicyFile } from '../detection/policy/policy-file.ts'
import { readRegistry } from '../detection/registry/load.ts'
import { mergedSignatures, overlapsOf, sharedPorts } from '../detection/registry/overlaps.ts'
import { SHIPPED_BRANDS } from '../detection/registry/shipped-brands.ts'
import { changeFaults } from '../detection/versions/named-change.ts'
import { registryHash } from '../detection/versions/registry-holder.ts'
import { type Change, changeWords } from '../domain/change.ts'
import { counted } from '../domain/counted.ts'
import { InvalidInput, type Problem, SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import type { OwnRules, Policy } from '../domain/policy.ts'
import { fileMap } from '../pipeline/side-inputs/mapped-rows.ts'
import type { RowInput } from '../pipeline/side-inputs/rows.ts'
import { type Config, type ConfigOptions, type ConfigReading, readConfig } from '../settings/config.ts'
import type { RowMap } from '../settings/files/row-file.ts'
import { sharedTopicsWarning, warningsOf } from '../settings/setting-checks.ts'
import { checkCommands } from './check-commands.ts'
import { checkRows, type Findings, sayUnseen, watchedMap } from './check-rows.ts'
import type { checkExamples } from './check-rules.ts'
import { readSample } from './sample.ts'

export interface CheckOptions {
  readonly config?: string
  readonly registry?: string
  readonly policy?: string
  readonly rules?: string
  readonly consents?: string
  readonly model?: string
  readonly connect?: boolean
  /** File of the operator's records, one per line. */
  readonly sample?: string
  /** Which input the sample belongs to, if several are configured. */
  readonly topic?: string
}

/** What needs clients or the model, loaded only when it is used. */
const PARTS = {
  inspectModel: async (folder: string) => (await import('../text/reader/classifier.ts')).inspectModel(folder),
  checkExamples: async (...of: Parameters<typeof checkExamples>) =>
    (await import('./check-rules.ts')).checkExamples(...of),
  connect: async (config: Config) => (await import('./compose-connect.ts')).checkServers(config),
}

/** Replacements of these parts, and where the configuration is read. */
export type CheckParts = Partial<typeof PARTS> & Pick<ConfigOptions, 'env' | 'folder'>

export interface CheckResult {
  readonly problems: readonly Problem[]
  /** One line per valid input. */
  readonly summary: readonly string[]
  /** With a sample: the result for each of its records. */
  readonly rows: readonly object[]
}

const MAX_OVERLAPS = 100
const SIDE_FILES = ['consents', 'complaints', 'replies', 'feedback'] as const satisfies readonly RowInput[]
const CHECKED = ['registry', 'policy', 'rules', 'model', ...SIDE_FILES] as const

/**
 * Checks files. With `config`, or without any option, it reads the configuration and checks every file named there; otherwise
 * only the files given.
 */
export async function runCheck(options: CheckOptions, replaced: CheckParts = {}): Promise<CheckResult> {
  const parts = { ...PARTS, ...replaced }
  const problems: Problem[] = []
  const summary: string[] = []
  const { registry, policy, rules, consents, model, connect = false } = options
  const named = given({ registry, policy, rules, consents, model })
  const wantsConfig =
    options.config !== undefined || connect || options.sample !== undefined || Object.keys(named).length === 0
  let rows: readonly object[] = []

  let chosen: Partial<Pick<Config, (typeof CHECKED)[number] | 'sideFileMaps'>> = named
  if (wantsConfig) {
    const reading = readConfig({
      // A field map is often tried before a token key exists.
      serving: options.sample === undefined || connect,
      overrides: named,
      file: options.config,
      env: replaced.env,
      folder: replaced.folder,
    })
    chosen = reading.config
    problems.push(...reading.problems)
    if (reading.problems.length === 0) {
      summary.push(describeConfig(reading))
      const warnings = [...warningsOf(reading.config), sharedTopicsWarning(reading.config) ?? []].flat()
      summary.push(...warnings.map((warning) => `warning: ${warning}`))
      checkCommands(reading, { problems, summary })
    }
    if (options.sample !== undefined && reading.problems.length === 0) {
      const sample = await readSample(options.sample, reading.config, options.topic)
      rows = sample.rows
      problems.push(...sample.problems)
      summary.push(...sample.summary)
    }
    if (connect) await reach(reading, parts, problems, summary)
  }
  const own = chosen.rules ? readOwnRules(chosen.rules) : undefined
  problems.push(...(own?.problems ?? []))
  // If the own rules cannot be read, their codes in the policy are not reported as faults.
  const isReadable = own === undefined || own.rules !== undefined
  const inForce =
    isReadable && (wantsConfig || chosen.policy || own)
      ? checkPolicy(chosen.policy ?? undefined, own?.rules, { problems, summary })
      : undefined
  if (own?.rules && inForce) await checkRules(chosen, own, inForce, parts, { problems, summary })
  if (chosen.registry) {
    const { map, watch } = watchedMap(chosen, 'registry')
    checkRegistry(chosen.registry, map, inForce?.requireChange === true, { problems, summary })
    sayUnseen(chosen.registry, watch, summary)
  } else if (wantsConfig)
    summary.push('registry: none, the shipped brand list serves; the codes of filed signatures are off')
  for (const input of SIDE_FILES) {
    const file = chosen[input]
    if (file) checkRows(input, file, chosen, { problems, summary })
  }
  if (chosen.model) await checkModel(chosen.model, parts, problems, summary)
  return { problems, summary, rows }
}

function describeConfig({ file, given }: ConfigReading): string {
  const places = [...given.values()]
  const byEnvironment = places.filter((place) => place.file === 'environment').length
  const settings = `${counted(places.length, 'setting')} given, ${byEnvironment} of them by the environment`
  return `${file ?? 'configuration: no file'}: ${settings}`
}

async function reach(
  reading: ConfigReading,
  parts: typeof PARTS,
  problems: Problem[],
  summary: string[],
): Promise<void> {
  if (reading.problems.length > 0) {
    summary.push('servers: not checked, because the configuration has errors')
    return
  }
  const found = await parts.connect(reading.config)
  summary.push(...found.summary)
  problems.push(...found.problems)
}

/** Warns where less of the policy is enforced than it seems to say. */
function shadowWarnings({ mode, enforce = [], codes = {} }: PolicyFile): string[] {
  if (mode !== 'shadow')
    return enforce.length > 0 ? ['enforce goes with mode: shadow: without it, every code is enforced'] : []
  const written = Object.entries(codes).filter(
    ([code, rule]) => rule?.mode === 'enforce' && !enforce.some((one) => one === code),
  )
  return written.map(
    ([code]) => `codes.${code}.mode: enforce has no effect under mode: shadow; list it: enforce: [${code}]`,
  )
}

/** The author and reason of a change, as the end of a summary line. */
function changedBy(change: Change | undefined): string {
  if (!change) return ''
  const { by, why } = changeWords(change)
  return `; changed by ${by}: ${why}`
}

/** Returns the policy, or undefined if it has faults. */
function checkPolicy(
  file: string | undefined,
  rules: OwnRules | undefined,
  { problems, summary }: Findings,
): Policy | undefined {
  const { policy, problems: found, own } = readPolicy(file, rules)
  problems.push(...found)
  if (!policy) return undefined
  const counts = [
    `${counted(Object.keys(own.codes ?? {}).length, 'code')} changed`,
    counted(own.periods?.length ?? 0, 'period'),
    counted(own.exemptions?.length ?? 0, 'exemption'),
    counted(Object.keys(own.carriers ?? {}).length, 'carrier'),
    ...(own.tenants ? [counted(Object.keys(own.tenants).length, 'tenant')] : []),
  ]
  const what = file === undefined ? 'policy: the shipped one' : `${file}: ${counts.join(', ')}`
  summary.push(`${what}; mode ${policy.mode}, hash ${policy.hash}${changedBy(policy.change)}`)
  for (const warning of shadowWarnings(own)) summary.push(`${file}: warning: ${warning}`)
  const now = Date.now()
  for (const { target, until, by } of own.exemptions ?? []) {
    if (Date.parse(until) <= now)
      summary.push(`${file}: the exemption of ${target} by ${by} ended at ${until}`)
  }
  return policy
}

/** Checks own rules that could be read: whether they name who changed them, and whether their examples hold. */
async function checkRules(
  chosen: Parameters<typeof fileMap>[0] & Pick<Partial<Config>, 'rules' | 'registry' | 'model'>,
  reading: OwnRulesReading,
  policy: Policy,
  { checkExamples }: typeof PARTS,
  { problems, summary }: Findings,
): Promise<void> {
  const { rules: file, registry, model } = chosen
  const { hash, change, rows } = reading.rules!
  if (policy.requireChange) problems.push(...changeFaults(file!, change))
  const { words = {}, composites = [] } = reading.own
  const counts = [
    counted(rows.length, 'rule'),
    counted(composites.length, 'composite'),
    counted(Object.keys(words).length, 'group of words', 'groups of words'),
  ]
  summary.push(`${file}: ${counts.join(', ')}; hash ${hash}${changedBy(change)}`)
  try {
    const map = fileMap(chosen, 'registry')
    const by = { policy, map, model: model ?? undefined, registry: registry ?? undefined }
    problems.push(...(await checkExamples(reading, by)))
  } catch (error) {
    if (!(error instanceof SigwatchError)) throw error
    summary.push(`${file}: the examples were not run: ${error.message}`)
  }
}

function checkRegistry(
  file: string,
  map: RowMap | undefined,
  requiresChange: boolean,
  { problems, summary }: Findings,
): void {
  const shipped = readRegistry(SHIPPED_BRANDS)
  problems.push(...shipped.problems)
  const knownBrands = new Set(shipped.rows.brands.map((brand) => brand.id))
  const { rows, problems: found } = readRegistry(file, { knownBrands, ...given({ map }) })
  problems.push(...found)
  if (found.length > 0) return
  const { brands, signatures, ports, hash, change } = rows
  if (requiresChange) problems.push(...changeFaults(file, change))
  const counts = [
    counted(brands.length, 'brand'),
    counted(signatures.length, 'signature'),
    counted(ports.length, 'port'),
  ]
  summary.push(
    `${file}: ${counts.join(', ')}; hash ${registryHash(shipped.rows.hash, hash)}${changedBy(change)}`,
  )
  const overlaps = [
    ...overlapsOf(shipped.rows.brands, brands),
    ...mergedSignatures(signatures),
    ...sharedPorts(signatures, ports),
  ]
  for (const overlap of overlaps.slice(0, MAX_OVERLAPS)) summary.push(`${file}: warning: ${overlap}`)
  if (overlaps.length > MAX_OVERLAPS) {
    summary.push(`${file}: warning: ${overlaps.length - MAX_OVERLAPS} further overlaps are not shown`)
  }
  if (signatures.length === 0) {
    summary.push(`${file}: no signatures: ${WITHOUT_SIGNATURE_ROWS}`)
  }
}

async function checkModel(
  folder: string,
  parts: typeof PARTS,
  problems: Problem[],
  summary: string[],
): Promise<void> {
  try {
    summary.push(await parts.inspectModel(folder))
  } catch (error) {
    if (error instanceof InvalidInput) problems.push(...error.problems)
    else if (error instanceof SigwatchError) problems.push({ file: folder, message: error.message })
    else throw error
  }
}
