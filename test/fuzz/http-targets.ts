import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'
import { Readable } from 'node:stream'
import type { Case } from '../../src/analyst/archive/case.ts'
import { DeskPages } from '../../src/analyst/desk/server.ts'
import { DETECTORS } from '../../src/detection/detectors/all.ts'
import { SigwatchError } from '../../src/domain/errors.ts'
import { LABELS } from '../../src/domain/labels.ts'
import type { Classifier } from '../../src/domain/ports.ts'
import { exactClock } from '../../src/domain/ports.ts'
import { createTokeniser } from '../../src/domain/token.ts'
import { Checker } from '../../src/pipeline/checker.ts'
import { readSideRow } from '../../src/pipeline/side-inputs/rows.ts'
import { HttpTokenBook } from '../../src/service/http-token-book.ts'
import { CheckEndpoint } from '../../src/service/telemetry/check-endpoint.ts'
import { ExtractEndpoint } from '../../src/service/telemetry/extract-endpoint.ts'
import { Secret } from '../../src/settings/secret.ts'
import { memoryLedger } from '../../src/stores/ledgers/memory.ts'
import { Allowances } from '../../src/stores/states/allowances.ts'
import { MemoryStateStore } from '../../src/stores/states/memory.ts'
import { canonicalNumber } from '../../src/text/canonical-number.ts'
import { type Extracted, extract } from '../../src/text/extract.ts'
import type { Random } from '../../src/text/reader/random.ts'
import { messageAlertAt } from '../helpers/archive-records.ts'
import { NOON, registryOf, scoresFor } from '../helpers/detector-fixtures.ts'
import { mixedText } from '../helpers/hostile-texts.ts'
import { loadPolicy } from '../helpers/policies.ts'
import { mutated, mutatedText } from './mutate.ts'
import { anyText, must, type Target } from './target.ts'

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function requestOf({ method, url, headers, body }: Asked): IncomingMessage {
  const stream = Readable.from(body === '' ? [] : [Buffer.from(body)])
  return Object.assign(stream, {
    method,
    url,
    headers,
    socket: { remoteAddress: '127.0.0.1' },
  }) as unknown as IncomingMessage
}

// ---------------------------------------------------------------- POST /v1/check

const TOKEN = 'a-token-of-the-fuzz-run'
const NO_DATA = { newest_alert: null, newest_minute: null, waiting: null }
const clock = exactClock(() => NOON)
const policy = loadPolicy()
const registry = registryOf({
  brands: [{ id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: ['950618'] }],
})
const classifier: Classifier = {
  ...{ id: 'm@1', backend: 'none', card: {}, thresholds: scoresFor('notice', 1 / LABELS.length) },
  readsNumbersByShape: true,
  classify: (texts) => texts.map(({ original }) => scoresFor(LABELS[original.length % LABELS.length]!)),
  close() {},
}
const provenance = { policyHash: 'p', registryHash: 'r' }
const checker = new Checker({
  versions: { current: { classifier, policy, registry, ...provenance } },
  detectors: DETECTORS,
  tokenise: createTokeniser({ keyId: 't', key: 'k' }),
  ledger: memoryLedger(),
  states: { openStatesFor: () => [], allowances: new Allowances(new MemoryStateStore({ clock })) },
  lacking: () => [],
  alerts: { describe: ({ code }) => ({ detail: code }), senderContacts: 'clear' },
  limits: { futureReject: 300_000, maxRecordBytes: 1_000_000 },
  maxAge: 86_400_000,
  clock,
})
const endpoint = new CheckEndpoint({
  token: TOKEN,
  check: (records) => checker.check(records),
  emit: () => {},
})

const RECORD = {
  ...{ id: 'g1.17', ts: NOON, from: '10690000001', to: '13800138000', signature: '测试', sp: 'sp1' },
  ...{ disposition: 'accepted', ext: { a: 'b' }, part: { ref: 7, index: 1, count: 2 } },
}
const TYPES = ['application/json', 'text/plain', 'application/json; charset=gbk', '', '\u0000']

function makeCheck(random: Random): string {
  const record = () => ({ ...RECORD, text: anyText(random) })
  const many = random.chance(0.01) ? 101 : random.between(0, 4)
  const value = random.chance(0.5) ? record() : Array.from({ length: many }, record)
  const asked: Asked = {
    ...{ method: 'POST', url: '/v1/check', body: mutated(random, value) },
    headers: {
      authorization: random.chance(0.95) ? `Bearer ${TOKEN}` : mixedText(random, 40),
      'content-type': random.pick(TYPES),
      ...(random.chance(0.1) ? { 'content-length': random.pick(['-1', 'x', '9e99', '0']) } : {}),
    },
  }
  return JSON.stringify(asked)
}

type Answered = {
  readonly verdict?: { readonly score: number }
  readonly error?: { code: string; detail: string }
}

async function runCheck(input: string): Promise<void> {
  const asked = JSON.parse(input) as Asked
  const { status, body } = await endpoint.reply(requestOf(asked))
  must([200, 400, 401, 413].includes(status), `an answer that can be, not ${status}`)
  for (const one of (Array.isArray(body) ? body : [body]) as Answered[]) {
    if (one.error)
      must(one.error.code !== 'INTERNAL' && one.error.detail.length < 400, 'a fault of the caller')
    else must(one.verdict!.score >= 0 && one.verdict!.score <= 1, 'a score')
  }
  must(body !== undefined && JSON.stringify(body).length < 10_000_000, 'an answer that can be sent')
}

// ---------------------------------------------------------------- POST /v1/extract

const extractEndpoint = new ExtractEndpoint({
  tokens: new HttpTokenBook([{ name: 'gw', token: new Secret(TOKEN), may: ['extract'] }]),
  extract: () => extract,
  emit: () => {},
})

function makeExtract(random: Random): string {
  const one = () => ({
    text: anyText(random),
    ...(random.chance(0.3) ? { signature: mixedText(random, 20) } : {}),
  })
  const many = random.chance(0.01) ? 101 : random.between(0, 4)
  const value = random.chance(0.5) ? one() : Array.from({ length: many }, one)
  const asked: Asked = {
    ...{ method: 'POST', url: '/v1/extract', body: mutated(random, value) },
    headers: { authorization: random.chance(0.95) ? `Bearer ${TOKEN}` : mixedText(random, 40) },
  }
  return JSON.stringify(asked)
}

async function runExtract(input: string): Promise<void> {
  const { status, body } = await extractEndpoint.reply(requestOf(JSON.parse(input) as Asked))
  must([200, 400, 401, 413].includes(status), `an answer that can be, not ${status}`)
  if (status !== 200) return
  for (const { urls, phones, qq, wechat } of (Array.isArray(body) ? body : [body]) as Extracted[]) {
    must(urls.length <= 10 && phones.length + qq.length + wechat.length <= 10, 'bounded finds')
    must(
      urls.every(({ host, domain }) => host.endsWith(domain) && /^[!-~]+$/.test(host)),
      'hosts in ASCII, below their domain',
    )
  }
}

// ---------------------------------------------------------------- the desk

const alert = messageAlertAt('m1', NOON)
const CASE: Case = {
  ...{ alert, complaints: [], timeline: [], siblings: [], verdict: undefined, feedback: [] },
  ...{ enforcements: [], versions: [], registry: [], portIsMasked: false, orderTargets: [] },
}

/** What PostgreSQL takes. */
function keepable(...values: readonly (string | number)[]): void {
  for (const value of values) {
    if (typeof value === 'string') must(!value.includes('\u0000'), 'no NUL for the archive')
    else must(value >= Date.UTC(-4000, 0) && value <= Date.UTC(200_000, 0), 'a time that the archive knows')
  }
}

const desk = new DeskPages({
  ...{ host: '127.0.0.1', port: 0, locale: 'en' },
  logins: [{ name: 'lin', token: TOKEN, may: ['feedback', 'audit'] }],
  isTrustedProxy: () => false,
  emit: () => {},
  archive: {
    now: async () => Date.now(),
    async search({ field = '', value = '', from, to }) {
      keepable(field, value, from, to)
      return []
    },
    async case(id) {
      keepable(id)
      return id === alert.id ? CASE : undefined
    },
    async sent(signature, from, to) {
      keepable(signature, from, to)
      return undefined
    },
    async overview(from, to) {
      keepable(from, to)
      return { forged: [], bursts: [], enterprises: [], released: [] }
    },
    async judged(from, to) {
      keepable(from, to)
      return []
    },
    async note({ name, address = '' }, ...texts) {
      keepable(name, address, ...texts)
    },
    async accesses({ who = '', what = '', address = '', from = 0, to = 0 } = {}) {
      keepable(who, what, address, from, to)
      return []
    },
    ask: async <T>(question: string) => (question.includes('newest_alert') ? [NO_DATA as T] : []),
    askLong: async () => [],
    change: async () => [],
  },
  feedback: {
    now: async () => Date.now(),
    async write(_key, row) {
      const read = readSideRow('feedback', row, canonicalNumber)
      if ('message' in read) throw new SigwatchError('USAGE', read.message)
    },
  },
})

interface DeskAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One answer, whose headers are looked at as a server does. */
async function answerOf(asked: Asked): Promise<DeskAnswer> {
  let answer: DeskAnswer | undefined
  const response = {
    // Its browser stays.
    once() {},
    writeHead(status: number, headers: Readonly<Record<string, string>>) {
      for (const [name, value] of Object.entries(headers)) {
        validateHeaderName(name)
        validateHeaderValue(name, value)
      }
      answer = { status, headers, body: '' }
    },
    end(body = '') {
      answer = { ...answer!, body }
    },
  }
  await desk.respond(requestOf(asked), response as unknown as ServerResponse)
  return answer!
}

const login = await answerOf({ method: 'POST', url: '/login', headers: {}, body: `token=${TOKEN}` })
const COOKIE = login.headers['set-cookie']!.split(';', 1)[0]!
const home = await answerOf({ method: 'GET', url: '/', headers: { cookie: COOKIE }, body: '' })
const KEY = /name="key" value="([^"]+)"/.exec(home.body)![1]!

const PATHS = [
  '/',
  '/search',
  '/found/',
  '/overview',
  '/access',
  `/case/${alert.id}`,
  '/case/',
  '/style.css',
  '/x',
]
const NAMES = ['value', 'field', 'from', 'to', 'verdict', 'days', 'note', 'given', 'key']
const VALUES = [
  ...['2026-11-11T12:00', '1793000000000', '9999999999999', '+275760-09-13T00:00', '-271821-04-21T00:00'],
  ...[
    'message',
    'signature',
    'token',
    'port',
    'confirmed',
    'release',
    '1',
    '30',
    '1e1',
    '-0',
    'Infinity',
    '',
  ],
  ...['\u0000', '%00', '%', '%c3%28', '\ud800', '<script>', '"><img>', '../../', "'; DROP TABLE alert; --"],
]

function fieldsOf(random: Random): string {
  const fields = new URLSearchParams()
  for (let n = random.below(5); n > 0; n--) {
    const value = random.chance(0.7) ? random.pick(VALUES) : mixedText(random, 30)
    fields.append(random.pick(NAMES), value)
  }
  return random.chance(0.2) ? mutatedText(random, fields.toString()) : fields.toString()
}

/** What a server lets through: the others are percent-encoded. */
function visible(text: string): string {
  return text.replace(/[^\x21-\x7e]/gu, (one) => (isSurrogate(one) ? '' : encodeURIComponent(one)))
}

function isSurrogate(one: string): boolean {
  return one.length === 1 && one >= '\ud800' && one <= '\udfff'
}

function makeDesk(random: Random): string {
  const path = random.pick(PATHS)
  const rest = random.chance(0.3) ? random.pick(VALUES) : ''
  const url = random.chance(0.1) ? mutatedText(random, path) : `${path}${rest}`
  const isPost = random.chance(0.4)
  const cookie = random.chance(0.95) ? COOKIE : mutatedText(random, COOKIE)
  const asked: Asked = {
    method: random.chance(0.02) ? random.pick(['PUT', 'HEAD', '']) : isPost ? 'POST' : 'GET',
    url: visible(`${url}${random.chance(0.7) ? `?${fieldsOf(random)}` : ''}`),
    headers: random.chance(0.98) ? { cookie: `a=b; ${visible(cookie)}` } : {},
    body: isPost ? `${random.chance(0.9) ? `key=${KEY}&` : ''}${fieldsOf(random)}` : '',
  }
  return JSON.stringify(asked)
}

async function runDesk(input: string): Promise<void> {
  const { status, headers, body } = await answerOf(JSON.parse(input) as Asked)
  must([200, 303, 400, 401, 403, 404, 405, 413].includes(status), `an answer that can be, not ${status}`)
  must(!/<(?:script(?! src="\/[\w./-]+" defer><\/script>)|img)/i.test(body), 'escaped values')
  must(status !== 303 || headers.location!.startsWith('/'), 'a way within the desk')
}

export const HTTP_TARGETS: readonly Target[] = [
  { name: 'check requests', share: 30, perCharacter: 15, make: makeCheck, run: runCheck },
  { name: 'extract requests', share: 30, perCharacter: 15, make: makeExtract, run: runExtract },
  { name: 'desk requests', share: 40, perCharacter: 10, make: makeDesk, run: runDesk },
]
