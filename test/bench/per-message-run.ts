// One run of `per-message` or `own-rules` in a separate process: `per-message-run.ts MESSAGES REGISTRY PROFILE BUILD…`. A build
// is the root of a checkout, or `ROOT:RULES` with a file of own rules. Prints the figures of each build as JSON. The builds take
// turns batch by batch, so that other load on the machine slows all of them.
import { readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { messageOf } from '../../src/detection/message-of.ts'
import { given } from '../../src/domain/given.ts'
import type { RawRecord } from '../../src/domain/message.ts'
import type { Engine } from '../../src/pipeline/core.ts'
import { decode } from '../../src/pipeline/decode.ts'
import type { Intaken } from '../../src/pipeline/outputs.ts'

const BATCH = 2048
/** Messages not measured, while most of the code is compiled. */
const WARM = 60_000
const LIMITS = { futureReject: 300_000, maxRecordBytes: 1_000_000 }
/** Sampling interval of allocations, bytes. */
const SAMPLED_EVERY = 1 << 16

const [messages, registry, profile, ...specs] = process.argv.slice(2) as [string, string, string, ...string[]]

/** Cost per message of one run, from the decoded record to the bytes of the verdict. */
export interface UsedForOne {
  /** User and system time of all threads of the process. */
  readonly cpuMicros: number
  readonly bytes: number
}

async function engineOf(spec: string): Promise<Engine> {
  const [root = '', rules] = spec.split(':')
  const built = <T>(path: string) => import(join(root, 'dist', path)) as Promise<T>
  const { createEngine } = await built<typeof import('../../src/pipeline/core.ts')>('pipeline/core.js')
  const { loadedVersions, openAssets } = await built<typeof import('../../src/detection/versions/assets.ts')>(
    'detection/versions/assets.js',
  )
  const { loadConfig } = await built<typeof import('../../src/settings/config.ts')>('settings/config.js')
  const { clockAt } = await built<typeof import('../../src/domain/ports.ts')>('domain/ports.js')
  const { createTokeniser } = await built<typeof import('../../src/domain/token.ts')>('domain/token.js')
  const { memoryLedger } =
    await built<typeof import('../../src/stores/ledgers/memory.ts')>('stores/ledgers/memory.js')
  const { memoryFeatureStore } =
    await built<typeof import('../../src/stores/rates/memory.ts')>('stores/rates/memory.js')
  const { MemoryStateStore } =
    await built<typeof import('../../src/stores/states/memory.ts')>('stores/states/memory.js')
  const { MemoryNoticeStore } =
    await built<typeof import('../../src/stores/notices/memory.ts')>('stores/notices/memory.js')
  const { NoticeLearning } = await built<typeof import('../../src/pipeline/notice-learning.ts')>(
    'pipeline/notice-learning.js',
  )
  const overrides = { registry, ...given({ rules }) }
  const { config } = loadConfig({ env: {}, folder: root, overrides, serving: false })
  const assets = await openAssets(config, () => {})
  const clock = clockAt()
  return createEngine({
    config,
    sink: { has: () => true, write: async () => {}, unready: () => [], close: async () => {} },
    features: memoryFeatureStore(),
    states: new MemoryStateStore({ clock }),
    ledger: memoryLedger(),
    replies: () => false,
    loaded: () => loadedVersions(assets),
    describe: assets.describe,
    tokenise: createTokeniser({ keyId: 'b', key: 'k' }),
    learning: new NoticeLearning({ index: assets.notices, store: new MemoryNoticeStore() }),
    clock,
    emit: () => {},
  })
}

function itemsOf(lines: readonly string[], from: number): Intaken[] {
  return lines.slice(from, from + BATCH).flatMap((line, i) => {
    const value = Buffer.from(line)
    const position = { topic: 'sms', partition: 0, offset: from + i }
    const raw: RawRecord = { position, timestamp: Number.MAX_SAFE_INTEGER, value }
    const record = decode(raw, LIMITS)
    // Skip parts, as they are joined in an earlier stage.
    if ('error' in record || record.part !== undefined) return []
    const message = messageOf(record, position, record.ts)
    return [{ kind: 'message', message, epoch: 1, bytes: value.length, eventTime: record.ts }]
  })
}

/** Cost of one build so far, for the measured messages. */
class Using {
  readonly #engine: Engine
  #written = 0
  micros = 0
  bytes = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async process(items: readonly Intaken[], isMeasured: boolean): Promise<void> {
    const collections = new GCProfiler()
    collections.start()
    const used = getHeapStatistics().used_heap_size
    const cpu = process.cpuUsage()
    await this.#engine.process(items, async (records) => {
      for (const { value } of records) this.#written += value?.length ?? 0
    })
    const { user, system } = process.cpuUsage(cpu)
    const left = getHeapStatistics().used_heap_size
    const { statistics } = collections.stop()
    if (this.#written === 0) throw new Error('no verdicts were written')
    if (!isMeasured) return
    this.micros += user + system
    this.bytes += left - used
    // Memory freed by a collection was allocated before.
    for (const { beforeGC, afterGC } of statistics)
      this.bytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
  }
}

async function run(): Promise<UsedForOne[]> {
  const builds: Using[] = []
  for (const spec of specs) builds.push(new Using(await engineOf(spec)))
  const lines = readFileSync(messages, 'utf8').trimEnd().split('\n')
  const session = new Session()
  session.connect()
  let measured = 0
  for (let from = 0; from < lines.length; from += BATCH) {
    const isMeasured = from >= WARM
    if (profile !== '' && isMeasured && measured === 0) await startProfile(session)
    const turns = (from / BATCH) % 2 === 0 ? builds : builds.toReversed()
    let count = 0
    for (const build of turns) {
      const items = itemsOf(lines, from)
      count = items.length
      await build.process(items, isMeasured)
    }
    if (isMeasured) measured += count
  }
  if (profile !== '') await writeProfile(session, profile)
  return builds.map(({ micros, bytes }) => ({ cpuMicros: micros / measured, bytes: bytes / measured }))
}

/** Samples all allocations, including objects that are collected. */
async function startProfile(session: Session): Promise<void> {
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLED_EVERY,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
}

async function writeProfile(session: Session, path: string): Promise<void> {
  const { profile: told } = await session.post('HeapProfiler.stopSampling')
  writeFileSync(path, JSON.stringify(told))
}

console.log(JSON.stringify(await run()))
process.exit()
