import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { createLinesSource } from '../../src/adapters/sources/lines.ts'
import type { ArchiveInput } from '../../src/analyst/archive/rows.ts'
import { loadedVersions, openAssets } from '../../src/detection/versions/assets.ts'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Event } from '../../src/domain/events.ts'
import { stateId } from '../../src/domain/hash.ts'
import { exactClock, type OutputRecord, type Sink } from '../../src/domain/ports.ts'
import { createTokeniser } from '../../src/domain/token.ts'
import { registryOf, type Sender } from '../../src/offline/simulator/cast.ts'
import type { PlantedEvent } from '../../src/offline/simulator/plants.ts'
import type { RecordTruth } from '../../src/offline/simulator/records.ts'
import { simulate } from '../../src/offline/simulator/simulate.ts'
import { createCore } from '../../src/pipeline/core.ts'
import { lineDecoder } from '../../src/pipeline/inputs.ts'
import { readSideFiles } from '../../src/pipeline/side-inputs/files.ts'
import { readConfig } from '../../src/settings/config.ts'
import { DEVELOPMENT_TOKEN_KEY } from '../../src/settings/secret.ts'
import { memoryLedger } from '../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../src/stores/rates/memory.ts'
import { MemorySenderMinutes } from '../../src/stores/sender-statistics/memory.ts'
import { StatsWriter } from '../../src/stores/sender-statistics/writer.ts'
import { MemoryStateStore } from '../../src/stores/states/memory.ts'

export const MINUTE = 60_000
/** The eve of Double Eleven, 17:00 in China. */
const START = Date.UTC(2026, 10, 10, 9)
const LENGTH = 120
/** A shop that advertises within its declared campaign. */
const DECLARED = { perMinute: 400, sends: 120, from: START + 70 * MINUTE, to: START + 100 * MINUTE }
/** A private number that sends forgeries with a callback number. */
export const PERSON = '13912340001'
const { keyId, key } = DEVELOPMENT_TOKEN_KEY
export const tokenise = createTokeniser({ keyId, key: key.reveal() })

/** A valid input record: a message or a part of one. */
export interface SentRecord {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly sp?: string
}

/** Two hours of traffic with planted events, and the output of the service. */
export interface PlantedHours {
  readonly from: number
  readonly to: number
  readonly cast: readonly Sender[]
  readonly sent: readonly SentRecord[]
  readonly planted: readonly PlantedEvent[]
  readonly truths: readonly RecordTruth[]
  readonly declared: { readonly signature: string; readonly perMinute: number }
  /** Feedback of an analyst in the middle of a burst. */
  readonly released: ReturnType<typeof releaseOf>
  readonly alerts: readonly Alert[]
  readonly verdicts: readonly Verdict[]
  /** Records written to the topics, in order. */
  readonly records: readonly (readonly [ArchiveInput, object])[]
}

/** Runs the evening through the core, all in memory. `minutePassed` is called after each minute of event time. */
export async function plantHours(
  report: (event: Event) => void,
  minutePassed: (ts: number) => Promise<void>,
): Promise<PlantedHours> {
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-planted-'))
  try {
    return await judged(folder, report, minutePassed)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function traffic() {
  const simulation = simulate({ scenario: 'planted-day', seed: 7, start: START, minutes: LENGTH, rate: 2 })
  const planted = new Set(simulation.planted.map(({ target }) => target.id))
  const shop = simulation.cast.filter(
    ({ says, consent, status, signature, ports }) =>
      says[0]![0] === 'localMarketing' &&
      !consent &&
      !status &&
      ![signature, ...ports].some((id) => planted.has(id)),
  )[60]!
  const { from, to, perMinute } = DECLARED
  const cast = simulation.cast.map((sender) =>
    sender === shop
      ? { ...sender, campaigns: [{ from: from - MINUTE, to: to + MINUTE, perMinute }] }
      : sender,
  )
  const spOf = new Map(cast.flatMap(({ ports, sp }) => ports.map((port) => [port, sp] as const)))
  const lines: { at: number; value: string | Buffer }[] = []
  const truths: RecordTruth[] = []
  for (const minute of simulation.minutes())
    for (const { value, truth } of minute) {
      if (truth) truths.push(truth)
      const sp = typeof value === 'string' ? /"from":"(\d+)"/.exec(value)?.[1] : undefined
      const known = sp === undefined ? undefined : spOf.get(sp)
      lines.push({
        at: lines.at(-1)?.at ?? START,
        value: known ? withField(value as string, 'sp', known) : value,
      })
      const ts = /"ts":(\d{13})/.exec(String(value))?.[1]
      if (ts && Number(ts) < START + LENGTH * MINUTE)
        lines.at(-1)!.at = Math.max(lines.at(-1)!.at, Number(ts))
    }
  for (let ts = from; ts < to; ts += MINUTE / DECLARED.sends) {
    const n = Math.round((ts - from) / (MINUTE / DECLARED.sends))
    const text = `【${shop.signature}】双十一到店礼遇，满两百减三十，本周有效，拒收请回复R`
    const value = {
      id: `declared.${n}`,
      ts,
      from: shop.ports[0]!,
      to: `1719${String(n).padStart(7, '0')}`,
      text,
      sp: shop.sp,
    }
    lines.push({ at: ts, value: JSON.stringify(value) })
  }
  for (let n = 0; n < 6; n++) {
    const ts = START + (30 + n) * MINUTE
    const text = '【京东】您的订单因质量问题需退款理赔，请立即致电京东客服17099990001办理，逾期失效'
    const value = { id: `callback.${n}`, ts, from: PERSON, to: `1718${String(n).padStart(7, '0')}`, text }
    lines.push({ at: ts, value: JSON.stringify(value) })
  }
  lines.sort((a, b) => a.at - b.at)
  return { simulation, cast, truths, lines, declared: { signature: shop.signature, perMinute } }
}

/** Releases the burst of 唯品会 while it lasts. */
function releaseOf(planted: readonly PlantedEvent[]) {
  const burst = planted.find(({ code, target }) => code === 'MARKETING_BURST' && target.id === '唯品会')!
  const ts = burst.from + 7 * MINUTE
  return {
    stateId: stateId('default', 'MARKETING_BURST', burst.target),
    verdict: 'release',
    until: ts + 60 * MINUTE,
    by: 'lin',
    note: 'declared late',
    ts,
    burst,
  } as const
}

function withField(json: string, name: string, value: string): string {
  return json.endsWith('}') ? `${json.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}` : json
}

async function judged(
  folder: string,
  report: (event: Event) => void,
  minutePassed: (ts: number) => Promise<void>,
): Promise<PlantedHours> {
  const { simulation, cast, truths, lines, declared } = traffic()
  const file = (name: string) => join(folder, name)
  writeFileSync(
    file('messages.jsonl'),
    Buffer.concat(lines.flatMap(({ value }) => [Buffer.from(value), Buffer.from('\n')])),
  )
  writeFileSync(file('registry.yaml'), stringify(registryOf(cast)))
  for (const name of ['consents', 'replies'] as const)
    writeFileSync(
      file(`${name}.jsonl`),
      simulation.sides[name].map((row) => `${JSON.stringify(row)}\n`).join(''),
    )
  writeFileSync(file('policy.yaml'), 'codes: {OPT_OUT_MISSING: {mode: shadow}}\n')
  const released = releaseOf(simulation.planted)
  writeFileSync(file('feedback.jsonl'), `${JSON.stringify({ ...released, burst: undefined })}\n`)
  const env = {
    SIGWATCH_FEEDBACK: file('feedback.jsonl'),
    SIGWATCH_POLICY: file('policy.yaml'),
    SIGWATCH_REGISTRY: file('registry.yaml'),
    SIGWATCH_CONSENTS: file('consents.jsonl'),
    SIGWATCH_REPLIES: file('replies.jsonl'),
    SIGWATCH_LOG_LEVEL: 'fatal',
  }
  const { config, problems } = readConfig({ env, folder, serving: false })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const to = simulation.end
  const clock = exactClock(() => to)
  const assets = await openAssets(config, report)
  const { ledger, features, states } = {
    ledger: memoryLedger(),
    features: memoryFeatureStore(),
    states: new MemoryStateStore({ clock }),
  }
  const senderMinutes = new MemorySenderMinutes()
  const sent = lines.flatMap(({ value }) => parsed(value))
  const sink = new KeepingSink(new Map(sent.map(({ id, ts }) => [id, ts])), minutePassed)
  const core = createCore({
    config,
    mode: 'embedded',
    source: createLinesSource({
      path: file('messages.jsonl'),
      clock,
      maxLineBytes: config.limits.maxRecordBytes,
    }),
    decode: lineDecoder(config),
    sink,
    features,
    states,
    ledger,
    senderMinutes,
    replies: () => true,
    loaded: () => loadedVersions(assets),
    describe: assets.describe,
    tokenise,
    clock,
    emit: report,
  })
  await readSideFiles(config, { ledger, sideRows: core.sideRows }, clock, report)
  await core.run()
  const versions = { current: loadedVersions(assets) }
  const stats = { minutes: senderMinutes, baselines: features, versions, sink, clock, emit: report }
  await new StatsWriter(stats).write(to + 10 * MINUTE)
  await Promise.all([features.close(), states.close(), ledger.close()])
  assets.classifier.close()
  const of = <T>(input: ArchiveInput) =>
    sink.records.flatMap(([name, value]) => (name === input ? [value as T] : []))
  return {
    from: simulation.start,
    to,
    cast,
    sent,
    planted: simulation.planted,
    truths,
    declared,
    released,
    alerts: of<Alert>('alerts'),
    verdicts: of<Verdict>('verdicts'),
    records: sink.records,
  }
}

function parsed(value: string | Buffer): SentRecord[] {
  try {
    const record = JSON.parse(String(value)) as SentRecord
    return typeof record.ts === 'number' && typeof record.text === 'string' ? [record] : []
  } catch {
    return []
  }
}

const CHANNELS: Partial<Record<OutputRecord['channel'], ArchiveInput>> = {
  alerts: 'alerts',
  shadowAlerts: 'alerts',
  verdicts: 'verdicts',
  stats: 'stats',
  versions: 'versions',
}

/** Keeps the records that the archive reads, and reports the end of each minute of event time. */
class KeepingSink implements Sink {
  readonly records: [ArchiveInput, object][] = []
  readonly #times: ReadonlyMap<string, number>
  readonly #minutePassed: (ts: number) => Promise<void>
  #minute = 0

  constructor(times: ReadonlyMap<string, number>, minutePassed: (ts: number) => Promise<void>) {
    this.#times = times
    this.#minutePassed = minutePassed
  }

  has(): boolean {
    return true
  }

  async write(records: readonly OutputRecord[]): Promise<void> {
    for (const { channel, value } of records) {
      const input = CHANNELS[channel]
      if (input === undefined || value === null) continue
      const parsed = JSON.parse(String(value)) as { id: string; decidedAt?: string }
      // As on live traffic, decided when the message arrived: the clock of this run stands still.
      const ts = channel === 'verdicts' ? this.#times.get(parsed.id) : undefined
      if (ts !== undefined) {
        parsed.decidedAt = new Date(ts).toISOString()
        await this.#advance(ts)
      }
      this.records.push([input, parsed])
    }
  }

  async #advance(ts: number): Promise<void> {
    const minute = Math.floor(ts / MINUTE)
    if (minute <= this.#minute) return
    const isFirst = this.#minute === 0
    this.#minute = minute
    if (!isFirst) await this.#minutePassed(minute * MINUTE)
  }

  async close(): Promise<void> {}

  unready(): readonly string[] {
    return []
  }
}
