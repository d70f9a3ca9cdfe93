import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { DETECTORS } from '../../../src/detection/detectors/all.ts'
import { messageOf } from '../../../src/detection/message-of.ts'
import { type Assets, loadedVersions, openAssets } from '../../../src/detection/versions/assets.ts'
import type { ExplainedFinding, Verdict } from '../../../src/domain/alert.ts'
import type { OutputRecord } from '../../../src/domain/ports.ts'
import { clockAt } from '../../../src/domain/ports.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import type { Batch } from '../../../src/offline/replay/batches.ts'
import { Side } from '../../../src/offline/replay/side.ts'
import { registryOf } from '../../../src/offline/simulator/cast.ts'
import { simulate } from '../../../src/offline/simulator/simulate.ts'
import { readCorpus } from '../../../src/offline/training/corpus.ts'
import { fillSlots } from '../../../src/offline/training/slots.ts'
import { type CheckAnswer, Checker } from '../../../src/pipeline/checker.ts'
import { createEngine } from '../../../src/pipeline/core.ts'
import { decode, isRejection } from '../../../src/pipeline/decode.ts'
import { NoticeLearning } from '../../../src/pipeline/notice-learning.ts'
import { readSideFiles } from '../../../src/pipeline/side-inputs/files.ts'
import { createScorer } from '../../../src/service/scorer.ts'
import { type Config, loadConfig } from '../../../src/settings/config.ts'
import { memoryLedger } from '../../../src/stores/ledgers/memory.ts'
import { MemoryNoticeStore } from '../../../src/stores/notices/memory.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import { Allowances } from '../../../src/stores/states/allowances.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { createRandom } from '../../../src/text/reader/random.ts'
import { useFolder, writeJsonl } from '../../helpers/jsonl.ts'

const MESSAGES = 10_000
const OF_WRITERS = 4_000
const BATCH = 500
const LIMITS = { futureReject: 300_000, maxRecordBytes: 1_000_000 }
/** A line of `score` has no ledger behind it. */
const OF_LEDGERS = ['NO_CONSENT', 'AFTER_OPT_OUT', 'CONSENT_REASKED']
/** No state rises, so that every door knows the same of each message. */
const STATELESS = {
  codes: Object.fromEntries(DETECTORS.rate.map(({ code }) => [code, { action: 'none' }])),
  escalate: { count: 1_000_000, recipients: 1_000_000 },
  exemptions: [
    {
      target: 'signature:京东',
      codes: ['FORGED_BRAND'],
      until: '2027-01-01T00:00:00+08:00',
      by: 'ops',
      why: 'a drill',
    },
  ],
}

type Fields = {
  readonly [field: string]: unknown
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly text: string
}

const folder = useFolder()
const simulation = simulate({ scenario: 'planted-day', seed: 11, minutes: 1440, rate: 0.2 })
const tokenise = createTokeniser({ keyId: 't', key: 'k' })

/** Messages of the planted day, spread over its hours, and texts of the writers from the senders of that day. */
function records(): readonly Fields[] {
  const whole = [...simulation.minutes()].flat().flatMap(({ value }) => {
    try {
      const record = JSON.parse(String(value)) as Fields
      return isRejection(decodeOf(record, 0)) || record.part !== undefined ? [] : [record]
    } catch {
      return []
    }
  })
  const step = Math.max(1, Math.floor(whole.length / (MESSAGES - OF_WRITERS)))
  const simulated = whole.filter((_, i) => i % step === 0).slice(0, MESSAGES - OF_WRITERS)
  const random = createRandom(11)
  const writers = readdirSync('corpus/writers')
    .flatMap((file) => readCorpus(join('corpus/writers', file)).rows)
    .map(({ text }) => fillSlots(text, random))
  const written = Array.from({ length: OF_WRITERS }, (_, i) => {
    const like = simulated[i % simulated.length]!
    return { ...like, id: `w${i}`, text: writers[(i * 7919) % writers.length]! }
  })
  return [...simulated, ...written].sort((a, b) => a.ts - b.ts)
}

function decodeOf(fields: Fields, offset: number) {
  const position = { topic: 'sms', partition: 0, offset }
  return decode({ position, timestamp: fields.ts, value: Buffer.alloc(0) }, LIMITS, () => fields)
}

/** What a door says of a message, as JSON. The network's sums depend on the other texts of its call by 1e-7. */
function said(action: string, score: number, findings: readonly ExplainedFinding[]): string {
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(5)) : value
  return JSON.stringify({ action, score, findings }, rounded)
}

const ofVerdict = ({ action, score, findings = [] }: Verdict) => said(action, score, findings)

function ofAnswer(answer: CheckAnswer): string {
  if ('error' in answer) throw new Error(JSON.stringify(answer))
  const { verdict, reasons } = answer
  return said(
    verdict.action,
    verdict.score,
    reasons.map(({ code, score, evidence }) => ({ code, score, evidence })),
  )
}

/** Codes with their scores. */
const codesIn = (findings: readonly ExplainedFinding[]) =>
  findings.map(({ code, score }) => `${code} ${score.toFixed(5)}`).join()

function ofLine(result: ReturnType<Awaited<ReturnType<typeof createScorer>>['score']>[number]): string {
  if ('error' in result) throw new Error(result.error)
  return codesIn(result.findings ?? [])
}

const withoutLedgers = ({ findings = [] }: Verdict) =>
  codesIn(findings.filter(({ code }) => !OF_LEDGERS.includes(code)))

const FILES = { registry: folder.file('registry.yaml'), policy: folder.file('policy.yaml') }
const PARTITIONS = [{ topic: 'sms', partition: 0 }]
const clock = clockAt()

let config: Config
let assets: Assets
beforeAll(async () => {
  writeFileSync(FILES.registry, stringify(registryOf(simulation.cast)))
  writeFileSync(FILES.policy, stringify(STATELESS))
  writeJsonl(folder.file('consents.jsonl'), simulation.sides.consents)
  const overrides = { ...FILES, consents: folder.file('consents.jsonl'), 'verdicts.explain': 'true' }
  config = loadConfig({ env: {}, folder: folder.path, overrides, serving: false }).config
  assets = await openAssets(config, () => {})
}, 60_000)
afterAll(() => assets.classifier.close())

/** The pipeline of the embedded mode. */
function engineOn(ledger: ReturnType<typeof memoryLedger>) {
  return createEngine({
    config,
    sink: {
      has: (channel) => channel === 'verdicts',
      write: async () => {},
      unready: () => [],
      close: async () => {},
    },
    features: memoryFeatureStore(),
    states: new MemoryStateStore({ clock }),
    ledger,
    replies: () => false,
    loaded: () => loadedVersions(assets),
    describe: assets.describe,
    tokenise,
    learning: new NoticeLearning({ index: assets.notices, store: new MemoryNoticeStore() }),
    clock,
    emit: () => {},
  })
}

function checkerOn(ledger: ReturnType<typeof memoryLedger>) {
  return new Checker({
    versions: { current: loadedVersions(assets) },
    detectors: DETECTORS,
    tokenise,
    ledger,
    states: { openStatesFor: () => [], allowances: new Allowances(new MemoryStateStore({ clock })) },
    lacking: () => [],
    alerts: { describe: assets.describe, senderContacts: config.privacy.senderContacts },
    limits: LIMITS,
    maxAge: 0,
    clock,
  })
}

function itemOf(fields: Fields, offset: number): Batch['items'][number] {
  const record = decodeOf(fields, offset)
  if (isRejection(record)) throw new Error(record.detail)
  const message = messageOf(record, { topic: 'sms', partition: 0, offset }, fields.ts)
  return { kind: 'message', message, epoch: 1, bytes: 200, eventTime: fields.ts }
}

describe('a message of which the same is known', () => {
  it(`has the same decision by pipeline, check, score and replay, ${MESSAGES} times`, async () => {
    const all = records()
    expect(all.length).toBe(MESSAGES)
    const clock = clockAt()
    const ledger = memoryLedger()
    const engine = engineOn(ledger)
    await readSideFiles(config, { ledger, sideRows: engine.sideRows }, clock, () => {})
    const checker = checkerOn(ledger)
    const side = await Side.open({ config, partitions: PARTITIONS, tokenise, emit: () => {} })
    const scorer = await createScorer({ ...FILES, explain: true })
    const codes = new Set<string>()
    for (let from = 0; from < all.length; from += BATCH) {
      const some = all.slice(from, from + BATCH)
      const items = some.map((record, i) => itemOf(record, from + i))
      // The pipeline learns from the batch: what checks it knows what it knew before.
      const answers = await checker.check(some)
      const written: OutputRecord[] = []
      await engine.process(items, async (out) => void written.push(...out))
      const verdicts = written
        .filter(({ channel }) => channel === 'verdicts')
        .map(({ value }) => JSON.parse(String(value)) as Verdict)
      const byPipeline = verdicts.map(ofVerdict)
      const batch: Batch = { items, fed: new Map(), watermark: Number.NEGATIVE_INFINITY, next: 0, open: [] }
      expect(byPipeline.length).toBe(some.length)
      expect((await side.judge(batch)).verdicts.map(ofVerdict)).toEqual(byPipeline)
      expect(answers.map(ofAnswer)).toEqual(byPipeline)
      const lines = some.map((record) => Buffer.from(JSON.stringify(record)))
      expect(scorer.score(lines).map(ofLine)).toEqual(verdicts.map(withoutLedgers))
      for (const { reasons } of verdicts) for (const code of reasons) codes.add(code)
    }
    side.close()
    scorer.close()
    // Nothing is proved of what no message shows.
    expect(codes.size).toBeGreaterThanOrEqual(DETECTORS.message.length - 2)
  }, 120_000)
})
