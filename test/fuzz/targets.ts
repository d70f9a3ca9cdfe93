import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { decodingWithin } from '../../src/adapters/kafka/records/decoding.ts'
import { batchesOf } from '../../src/adapters/kafka/records/fetched-batches.ts'
import { slicesOf } from '../../src/adapters/kafka/records/slices.ts'
import { judge, NOTHING_KNOWN } from '../../src/detection/judge.ts'
import { applyRow, readRegistry } from '../../src/detection/registry/load.ts'
import type { Verdict } from '../../src/domain/alert.ts'
import { LABELS } from '../../src/domain/labels.ts'
import type { Classifier } from '../../src/domain/ports.ts'
import { decode, isRejection } from '../../src/pipeline/decode.ts'
import { messageOutputs, type OutputOptions } from '../../src/pipeline/outputs.ts'
import { readSideValue } from '../../src/pipeline/side-inputs/rows.ts'
import { readConfig } from '../../src/settings/config.ts'
import { canonicalNumber } from '../../src/text/canonical-number.ts'
import { fingerprint } from '../../src/text/fingerprint.ts'
import { areAlike } from '../../src/text/free-numbers.ts'
import { normalise } from '../../src/text/normalise.ts'
import { readText } from '../../src/text/read-text.ts'
import { createRandom } from '../../src/text/reader/random.ts'
import { Tokenizer } from '../../src/text/reader/tokenizer.ts'
import { TextTemplate } from '../../src/text/text-template.ts'
import { freeNumbersOf, withNumbersIn, withOtherNumbers } from '../helpers/alike-texts.ts'
import { messageOf, NOON, registryOf, scoresFor } from '../helpers/detector-fixtures.ts'
import { damagedFetch, oddFetch } from '../helpers/odd-batches.ts'
import { loadPolicy, parsePolicy } from '../helpers/policies.ts'
import { COMMAND_TARGETS } from './command-targets.ts'
import { HTTP_TARGETS } from './http-targets.ts'
import { INPUT_TARGETS } from './input-targets.ts'
import { mutated, mutatedText } from './mutate.ts'
import { anyText, must, type Target } from './target.ts'

const RECORD = {
  ...{
    id: 'g1.17',
    ts: NOON,
    from: '10690000001',
    to: '13800138000',
    text: '【测试】您好，退订回T',
    signature: '测试',
  },
  ...{
    sp: 'sp1',
    carrier: 'cmcc',
    disposition: 'accepted',
    ext: { a: 'b' },
    part: { ref: 7, index: 1, count: 2 },
  },
}
const LIMITS = { futureReject: 300_000, maxRecordBytes: 1_000_000 }
const position = { topic: 'sms.mt', partition: 0, offset: 0 }

function runDecode(input: string): void {
  const read = decode(
    { position, timestamp: NOON, value: Buffer.from(input, 'utf16le').subarray(0, input.length * 2) },
    LIMITS,
  )
  must(isRejection(read), 'UTF-16 is no JSON record')
  const plain = decode({ position, timestamp: NOON, value: Buffer.from(input) }, LIMITS)
  if (isRejection(plain)) must(plain.detail.length < 400, 'a short detail')
  else must(plain.text.length > 0 && plain.ts <= NOON + LIMITS.futureReject, 'a valid record')
}

const tokenizer = new Tokenizer({ bits: 17, grams: 3, words: 2 })

function runExtract(text: string): void {
  const read = readText(text)
  for (const { span } of [...read.urls, ...read.contacts])
    must(span.start >= 0 && span.start < span.end && span.end <= text.length, 'spans inside the text')
  must(read.urls.length <= 10 && read.contacts.length <= 10, 'at most ten links and contacts')
  tokenizer.read(read.normalised.text, text)
  must(tokenizer.count > 0, 'a feature')
}

function runNormalise(text: string): void {
  const { text: normal, offsets, folded } = normalise(text)
  must(offsets.length === normal.length + 1 && folded >= 0, 'an offset for each unit')
  for (let i = 1; i < offsets.length; i++)
    must((offsets[i - 1] as number) <= (offsets[i] as number), 'offsets in order')
}

/** Texts that differ in their free numbers alone read alike. */
function runAlike(text: string): void {
  const runs = freeNumbersOf(text)
  const template = TextTemplate.of(text, runs, readText(text))
  const other = withOtherNumbers(createRandom(text.length), text)
  if (template && areAlike(text, runs, other, freeNumbersOf(other)))
    must(
      isDeepStrictEqual({ signature: undefined, ...readText(other) }, template.read(other)),
      'the same reading',
    )
}

function runFingerprint(text: string): void {
  const bands = fingerprint(normalise(text), { urls: [], contacts: [], signatures: [] })
  must(bands.length === 0 || bands.length === 4, 'four bands or none')
}

const ROWS: readonly (readonly [string, unknown])[] = [
  [
    'brand:jd',
    { kind: 'brand', id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: ['950618'], ports: ['1069*'] },
  ],
  [
    'signature:京东',
    {
      kind: 'signature',
      name: '京东',
      brand: 'jd',
      scope: ['notice'],
      filings: [{ ports: ['1069*'], status: 'filed' }],
    },
  ],
  ['port:1069*', { kind: 'port', pattern: '1069*', sp: 'sp1', maxSignatures: 2 }],
]

const SIDE: readonly (readonly ['consents' | 'replies' | 'complaints' | 'feedback', object])[] = [
  [
    'consents',
    {
      signature: '京东',
      to: '13800138000',
      state: 'in',
      ts: NOON,
      proof: 'form',
      was: { state: 'out', ts: 0 },
    },
  ],
  ['replies', { id: 'r1', ts: NOON, from: '13800138000', to: '10690000001', text: 'T' }],
  [
    'complaints',
    { id: 'c1', ts: NOON, from: '10690000001', signature: '京东', source: '12321', category: 'x' },
  ],
  ['feedback', { stateId: 's'.repeat(32), verdict: 'release', until: NOON, by: 'li', ts: NOON }],
]

const POLICY = `mode: shadow
codes:
  TEXT_FRAUD: { action: block, mode: enforce, weight: 0.5, thresholds: { minScore: 0.3 } }
  MARKETING_BURST: { action: throttle, limit: { perMinute: 60 } }
quietHours: { from: "21:00-08:00", zone: "+08:00" }
escalate: { count: 3, recipients: 3, window: 10m }
exemptions:
  - { target: "port:1069*", codes: [QUIET_HOURS], until: 2027-01-01 }
`
const SETTINGS = `deployment: test
kafka: { brokers: "a:9092,b:9092", ssl: { ca: ca.pem }, sasl: { mechanism: plain, username: u, password: p } }
redis: { url: "redis://localhost:6379", budget: 100ms }
batch: { size: 512, wait: 20ms }
privacy: { tokenKey: "0123456789abcdef0123456789abcdef", senderContacts: clear }
log: { level: info }
`
const REGISTRY = `brands:
  - { id: jd, names: [京东], domains: [jd.com], hotlines: ["950618"] }
signatures:
  - { name: 京东, brand: jd, filings: [{ ports: ["10690*"], status: filed }] }
ports:
  - { pattern: "1069*", sp: sp1 }
`
const folder = mkdtempSync(join(tmpdir(), 'sigwatch-fuzz-'))
const inFile = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const policy = loadPolicy()
const registry = registryOf({
  brands: [{ id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: ['950618'] }],
})
const thresholds = scoresFor('notice', 1 / LABELS.length)
const options: OutputOptions = {
  alerts: {
    deployment: 'fuzz',
    describe: ({ code }) => ({ detail: code }),
    senderContacts: 'clear',
    blocksFrom: 'observe',
  },
  wants: { shadowAlerts: true, verdicts: true },
  verdicts: { explain: false, senderContacts: 'clear' },
}

/** Every detector of a message with every label, then the decision: scores and actions that can be. */
function runDecision(text: string): void {
  const label = LABELS[text.length % LABELS.length] ?? 'notice'
  const message = messageOf(text, { label, from: text.length % 2 === 0 ? '10690000001' : '13900001111' })
  const versions = { classifier: { thresholds, id: 'm' } as Classifier, policy, registry }
  const { decision } = judge(message, NOTHING_KNOWN, versions)
  const context = { now: NOON, model: 'm', degraded: false }
  const { verdicts, alerts } = messageOutputs(decision, versions, context, options)
  const alert = alerts[0]
  const { score = -1 } = JSON.parse(String(verdicts[0]?.value ?? '{}')) as Partial<Verdict>
  must(verdicts.length === 1 && score >= 0 && score <= 1, 'one verdict with a score')
  must(alert === undefined || JSON.stringify(alert).length < 60_000, 'an alert that can be sent')
}

const decoding = decodingWithin({ headers: 1_000, bytesInFlight: 20_000_000 })

/** Every offset comes once, and nothing that was fetched makes reading fail. */
async function runBatches(input: string): Promise<void> {
  const bytes = Buffer.from(input, 'latin1')
  const log = { highWatermark: 2 ** 52, firstIsWhole: bytes.length % 2 === 0, aborted: [] }
  let next = 0
  const options = { ...decoding, from: next, size: 50 }
  for await (const slice of slicesOf(batchesOf(bytes, log), { topic: 't', partition: 0 }, options)) {
    for (const { position, firstOffset, unreadable, headers } of slice.records) {
      const first = firstOffset ?? position.offset
      must(first >= next && position.offset >= first, 'offsets that ascend')
      must(
        (firstOffset === undefined) === (unreadable === undefined),
        'a reason for each that cannot be read',
      )
      headers?.get('k')
      next = position.offset + 1
    }
  }
}

export const TARGETS: readonly Target[] = [
  {
    name: 'record batches',
    ...{ share: 40, perCharacter: 50 },
    make: (r) => (r.chance(0.3) ? oddFetch(r) : damagedFetch(r)).toString('latin1'),
    run: runBatches,
  },
  { name: 'decode', share: 220, perCharacter: 5, make: (r) => mutated(r, RECORD), run: runDecode },
  { name: 'normalise', share: 90, perCharacter: 5, make: anyText, run: runNormalise },
  { name: 'read a text', share: 130, perCharacter: 5, make: anyText, run: runExtract },
  {
    name: 'alike texts',
    share: 50,
    perCharacter: 15,
    make: (r) => withNumbersIn(r, anyText(r)),
    run: runAlike,
  },
  { name: 'fingerprint', share: 30, perCharacter: 5, make: anyText, run: runFingerprint },
  {
    name: 'registry rows',
    ...{ share: 60, perCharacter: 10 },
    make: (r) => mutated(r, r.pick(ROWS)),
    run: (input) => {
      const value = parsed(input)
      if (Array.isArray(value)) applyRow(typeof value[0] === 'string' ? value[0] : null, value[1])
    },
  },
  {
    name: 'side rows',
    ...{ share: 60, perCharacter: 10 },
    make: (r) => mutated(r, r.pick(SIDE)[1]),
    run: (input) => {
      for (const [name] of SIDE) readSideValue(name, Buffer.from(input), canonicalNumber)
    },
  },
  { name: 'decision', share: 42, perCharacter: 10, make: anyText, run: runDecision },
  {
    name: 'policy',
    ...{ share: 6, perCharacter: 100 },
    make: (r) => mutatedText(r, POLICY),
    run: (input) => parsePolicy('policy.yaml', input),
  },
  {
    name: 'settings',
    ...{ share: 6, perCharacter: 100 },
    make: (r) => mutatedText(r, SETTINGS),
    run: (input) => readConfig({ file: inFile('sigwatch.yaml', input), env: {}, folder }),
  },
  {
    name: 'registry',
    ...{ share: 6, perCharacter: 100 },
    make: (r) => mutatedText(r, REGISTRY),
    run: (input) => readRegistry(inFile('registry.yaml', input)),
  },
  ...INPUT_TARGETS,
  ...HTTP_TARGETS,
  ...COMMAND_TARGETS,
]

function parsed(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return undefined
  }
}
