import { type StateAlertContext, stateAlert } from '../../src/detection/alerts/state-alert.ts'
import { CODE_NAMES } from '../../src/domain/codes.ts'
import type { Signal } from '../../src/domain/decision.ts'
import { stateId } from '../../src/domain/hash.ts'
import type { AnalysedMessage } from '../../src/domain/message.ts'
import type { CodePolicy, Policy, PolicyAt } from '../../src/domain/policy.ts'
import { type BoundedClock, exactClock, type OutputRecord } from '../../src/domain/ports.ts'
import { type RefusedRecord, SinkRefused } from '../../src/domain/sink-refused.ts'
import type { StateRecord } from '../../src/domain/state-store.ts'
import type { Versions, VersionsInForce } from '../../src/domain/versions.ts'
import { judgementOf, transition } from '../../src/stores/states/lifecycle.ts'
import type { StateManager } from '../../src/stores/states/manager.ts'
import type { StatePublisher } from '../../src/stores/states/publisher.ts'
import { delegate } from './delegate.ts'

/** 2026-11-11T00:00:00Z, the start of a bucket. */
export const T0 = Date.UTC(2026, 10, 11)
export const SECOND = 1000
export const MINUTE = 60_000

/** A clock set by the test. */
export function manualClock(start = T0): BoundedClock & { set(ms: number): void; advance(ms: number): void } {
  let now = start
  return {
    ...exactClock(() => now),
    set: (ms) => {
      now = ms
    },
    advance: (ms) => {
      now += ms
    },
  }
}

export function message(over: Partial<AnalysedMessage> = {}): AnalysedMessage {
  const id = over.id ?? 'm1'
  const ts = over.ts ?? T0
  const from = over.from ?? '1069012345678'
  const to = over.to ?? '13812345678'
  const text = over.text ?? '【京东】双11大促，全场5折起'
  const position = over.position ?? { topic: 'sms.mt', partition: 0, offset: 7 }
  return {
    id,
    ts,
    from,
    to,
    text,
    record: { id, ts, from, to, text, blocked: false, value: Buffer.from('{}') },
    origins: [{ id, position, value: Buffer.from('{}') }],
    position,
    receivedAt: ts,
    partial: false,
    byDeadline: false,
    seams: [],
    normalised: { text, offsets: new Uint16Array(text.length + 1), folded: 0, folds: {} },
    signature: { name: '京东', key: '京东', place: 'leading', lookalikeBrackets: false },
    signatures: [],
    urls: [],
    contacts: [],
    optOut: false,
    asksConsent: false,
    asksAlone: false,
    traditional: false,
    otp: false,
    bands: ['b0b0b0b0', 'b1b1b1b1'],
    label: 'marketing',
    scores: { notice: 0, personal: 0, marketing: 1, finance: 0, fraud: 0, illicit: 0 },
    memo: {},
    toToken: '1.token',
    commercial: true,
    malicious: false,
    ...over,
  }
}

export function signal(over: Partial<Signal> = {}): Signal {
  return {
    code: 'MARKETING_BURST',
    score: 0.8,
    target: { kind: 'signature', id: '京东' },
    at: T0,
    over: true,
    level: 2,
    match: { signature: '京东', labels: ['marketing', 'finance'] },
    evidence: { window: '1m', count: 900, limit: 450 },
    ...over,
  }
}

export type TestPolicy = Policy & { readonly rule: { current: CodePolicy } }

/** A policy with the same rule for every code, which a test may replace. */
export function policyOf(rule: Partial<CodePolicy> = {}, over: Partial<Policy> = {}): TestPolicy {
  const current: CodePolicy = {
    action: 'throttle',
    mode: 'enforce',
    weight: 0.5,
    thresholds: { hold: 300 },
    limit: { perMinute: 600 },
    ...rule,
  }
  const holder = { current }
  return {
    hash: 'policy-hash',
    rules: {},
    mode: 'enforce',
    rule: holder,
    codePolicy: () => holder.current,
    at: () => ({
      codes: Object.fromEntries(CODE_NAMES.map((name) => [name, holder.current])) as PolicyAt['codes'],
      quietHours: { spans: new Map(), zone: 480 },
    }),
    escalate: { count: 3, recipients: 3, within: 10 * MINUTE },
    hasExemptions: false,
    exempt: () => undefined,
    ...over,
  }
}

export const ALERT_OPTIONS = {
  deployment: 'test',
  describe: () => ({ detail: 'a sentence', rule: 'MIIT-31 art. 18' }),
  senderContacts: 'clear',
  blocksFrom: 'observe',
} as const

export function evidence(over: Partial<StateAlertContext> = {}): StateAlertContext {
  return {
    signal: signal(),
    weight: 0.5,
    message: message(),
    samples: [],
    provenance: {
      model: 'text@1',
      policy: 'p',
      registry: 'r',
      topic: 'sms.mt',
      partition: 0,
      offset: 7,
    },
    limit: { perMinute: 600 },
    degraded: false,
    late: false,
    ...over,
  }
}

/** A state just raised by a signal. */
export function raised(over: Partial<Signal> = {}, rule: Partial<CodePolicy> = {}): StateRecord {
  const by = signal(over)
  const id = stateId('test', by.code, by.target)
  const judged = judgementOf({ ...policyOf().rule.current, ...rule }, by.cap)
  const change = transition(undefined, id, by, judged)
  if (change.kind !== 'event') throw new Error('the signal raises nothing')
  return { ...change.next, alert: stateAlert(change.next, 'raised', evidence({ signal: by }), ALERT_OPTIONS) }
}

/** Versions in force, with the current result of `policy`. */
export function versionsOf(policy: () => Policy): VersionsInForce {
  return {
    get current() {
      const classifier = { id: 'text@1' } as Versions['classifier']
      return { classifier, policy: policy(), registry: { hash: 'r' } as Versions['registry'] }
    },
  }
}

/** A manager that publishes every change before it resolves or rejects. */
export function publishing(manager: StateManager, publisher: Pick<StatePublisher, 'publish'>): StateManager {
  const thenPublish =
    <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
    (...args: A) =>
      change.apply(manager, args).finally(() => publisher.publish())
  return delegate(manager, {
    apply: thenPublish(manager.apply),
    release: thenPublish(manager.release),
    sweep: thenPublish(manager.sweep),
    review: thenPublish(manager.review),
  })
}

/** A sink that keeps its records; `fail` makes the next writes reject, `refuse` selects records that are never accepted. */
export function recordingSink(channels: readonly string[] = ['alerts', 'shadowAlerts', 'blocks']) {
  const records: OutputRecord[] = []
  const state: {
    fail: Error | undefined
    refuse: ((record: OutputRecord) => Error | undefined) | undefined
  } = {
    fail: undefined,
    refuse: undefined,
  }
  return {
    records,
    state,
    has: (channel: string) => channels.includes(channel),
    async write(batch: readonly OutputRecord[]): Promise<void> {
      if (state.fail) throw state.fail
      const refused: RefusedRecord[] = []
      for (const [index, record] of batch.entries()) {
        const { channel } = record
        const reason = state.refuse?.(record)?.message
        if (reason === undefined) records.push(record)
        else refused.push({ index, channel, reason, record })
      }
      if (refused.length > 0) throw new SinkRefused(refused)
    },
    alerts: () =>
      records
        .filter((r) => r.channel === 'alerts')
        .map((r) => JSON.parse(String(r.value)) as StateRecord['alert']),
    shadows: () =>
      records
        .filter((r) => r.channel === 'shadowAlerts')
        .map((r) => JSON.parse(String(r.value)) as StateRecord['alert']),
    blocks: () => records.filter((r) => r.channel === 'blocks'),
  }
}
