import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DETECTORS } from '../../../src/detection/detectors/all.ts'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { type Classifier, exactClock, type OutputRecord } from '../../../src/domain/ports.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { AlertCap } from '../../../src/pipeline/alert-cap.ts'
import { BacklogWait, waitingCounts } from '../../../src/pipeline/backlog-wait.ts'
import { Degradation } from '../../../src/pipeline/degradation.ts'
import type { Intaken } from '../../../src/pipeline/outputs.ts'
import { Pipeline, type PipelineParts } from '../../../src/pipeline/pipeline.ts'
import { Rates } from '../../../src/pipeline/rate.ts'
import { memoryLedger } from '../../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import { MemorySenderMinutes } from '../../../src/stores/sender-statistics/memory.ts'
import { StateManager } from '../../../src/stores/states/manager.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { StatePublisher } from '../../../src/stores/states/publisher.ts'
import { delegate } from '../../helpers/delegate.ts'
import { registryOf, scoresFor } from '../../helpers/detector-fixtures.ts'
import { loadPolicy } from '../../helpers/policies.ts'
import { ALERT_OPTIONS, MINUTE, message, recordingSink } from '../../helpers/state-fixtures.ts'

// Fake timers leave these alone.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
}))

const NOW = Date.UTC(2026, 10, 11, 4)
const SALE = '【京东】周年庆全场5折起，满300减50，速来抢购，退订回T'
const FORGED = '【京东】您的订单异常，请登录 http://jd-verify.top/a 核实，退订回T'

type Work = 'remember' | 'advance' | 'lookup' | 'count' | 'minutes' | 'apply' | 'publish' | 'alerted'

/** A pipeline over stores in memory, of which those in `down` do not answer. */
class Bench {
  readonly down = new Map<Work, SigwatchError>()
  readonly events: Event[] = []
  readonly written: OutputRecord[] = []
  readonly degradation = new Degradation((event) => this.events.push(event))
  readonly store = new MemoryStateStore({ clock: exactClock(() => Date.now()) })
  readonly #pipeline: Pipeline
  #offset = 0

  constructor(most = 0) {
    const clock = exactClock(() => Date.now())
    const emit = (event: Event) => void this.events.push(event)
    const versions = {
      current: {
        classifier: {
          id: 'text@1',
          thresholds: { notice: 0.5, personal: 0.5, marketing: 0.5, finance: 0.5, fraud: 0.5, illicit: 0.5 },
          classify: (texts) =>
            texts.map(({ original }) => scoresFor(original === SALE ? 'marketing' : 'fraud')),
        } as Partial<Classifier> as Classifier,
        policy: loadPolicy(),
        registry: registryOf(),
      },
      begin: () => versions.current,
    }
    const answers =
      <A extends unknown[], R>(work: Work, answer: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        const error = this.down.get(work)
        if (error) throw error
        return answer(...args)
      }
    const { store } = this
    const manager = new StateManager({
      store,
      versions,
      alerts: ALERT_OPTIONS,
      outbox: { add() {} },
      clock,
      lateAfterExpiry: false,
    })
    const publisher = new StatePublisher({ store, sink: recordingSink(), blocksFrom: 'observe' })
    const ledger = memoryLedger()
    const features = memoryFeatureStore()
    const wait = new BacklogWait({
      clock,
      most,
      signal: new AbortController().signal,
      began: () => emit({ name: 'backlog_waits' }),
    })
    const counting: Pick<typeof features, 'count' | 'giveUp'> = {
      giveUp: () => {},
      count: async (batch) => {
        const readings = await features.count(batch)
        return this.down.has('count') ? { ...readings, counted: false } : readings
      },
    }
    const minutes = new MemorySenderMinutes()
    const parts: PipelineParts = {
      versions,
      tokenise: createTokeniser({ keyId: 't', key: 'k' }),
      detectors: DETECTORS,
      ledger: delegate(ledger, {
        remember: answers('remember', ledger.remember.bind(ledger)),
        lookup: answers('lookup', ledger.lookup.bind(ledger)),
      }),
      replies: () => true,
      sideRows: { advance: answers('advance', async () => {}) },
      rates: new Rates(waitingCounts(counting, wait), DETECTORS.rate),
      states: delegate(manager, { apply: answers('apply', manager.apply.bind(manager)) }),
      senderMinutes: { count: answers('minutes', minutes.count.bind(minutes)) },
      alerted: { rememberAlerted: answers('alerted', store.rememberAlerted.bind(store)) },
      publisher: delegate(publisher, { publish: answers('publish', publisher.publish.bind(publisher)) }),
      outputs: {
        alerts: ALERT_OPTIONS,
        wants: { shadowAlerts: false, verdicts: true },
        verdicts: { explain: false, senderContacts: 'clear' },
      },
      maxAge: 0,
      alertCap: new AlertCap(1000, () => {}),
      wait,
      degradation: this.degradation,
      clock,
      emit,
    }
    this.#pipeline = new Pipeline(parts)
  }

  /** Works on one batch of messages of this age, ms. */
  async batch(age = 0, texts: readonly string[] = [SALE, FORGED]): Promise<void> {
    const items: Intaken[] = []
    for (const text of texts) {
      const position = { topic: 't', partition: 0, offset: this.#offset++ }
      const id = `m${position.offset}`
      const ts = Date.now() - age
      const one = message({ id, ts, text, position, origins: [{ id, position, value: Buffer.from('{}') }] })
      items.push({ kind: 'message', message: one, epoch: 1, bytes: 1, eventTime: ts })
    }
    await this.#pipeline.process(items, async (records) => void this.written.push(...records))
  }

  fail(...works: readonly Work[]): void {
    for (const work of works) this.down.set(work, new SigwatchError('REDIS_UNREACHABLE', 'gone'))
  }

  named<N extends Event['name']>(name: N) {
    return this.events.filter((event): event is Extract<Event, { name: N }> => event.name === name)
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Fake time until the work has ended, ms. */
async function timeOf(work: Promise<void>): Promise<number> {
  const began = Date.now()
  let ended: number | undefined
  void work.then(() => {
    ended = Date.now()
  })
  for (let i = 0; i < 3600 && ended === undefined; i++) await vi.advanceTimersByTimeAsync(1000)
  await work
  return ended! - began
}

describe('an outage that a backlog meets', () => {
  const AGE = 60 * MINUTE

  it.each<[string, Work[]]>([
    ['counts', ['count']],
    ['ledgers', ['remember', 'advance', 'lookup']],
    ['senders', ['minutes']],
    ['alerts', ['alerted']],
    ['all', ['remember', 'advance', 'lookup', 'count', 'minutes', 'apply', 'publish', 'alerted']],
  ])('holds it up once, however many batches it lasts: %s', async (_name, works) => {
    const bench = new Bench(10 * MINUTE)
    bench.fail(...works)
    const first = await timeOf(bench.batch(AGE))
    expect(first).toBeGreaterThanOrEqual(10 * MINUTE)
    expect(first).toBeLessThan(11 * MINUTE)
    for (let i = 0; i < 3; i++) expect(await timeOf(bench.batch(AGE))).toBeLessThan(2000)
    expect(await timeOf(bench.batch(AGE, []))).toBeLessThan(2000)
    expect(await timeOf(bench.batch(AGE))).toBeLessThan(2000)
    expect(bench.named('backlog_waits')).toHaveLength(1)
    expect(bench.written.filter(({ channel }) => channel === 'verdicts')).toHaveLength(5 * 2)
  })

  it('is over with a batch in which every store answered: the next one holds it up again', async () => {
    const bench = new Bench(10 * MINUTE)
    bench.fail('count')
    await timeOf(bench.batch(AGE))
    bench.down.clear()
    expect(await timeOf(bench.batch(AGE))).toBeLessThan(2000)
    bench.fail('count')
    expect(await timeOf(bench.batch(AGE))).toBeGreaterThanOrEqual(10 * MINUTE)
    expect(bench.named('backlog_waits')).toHaveLength(2)
  })
})

describe('what messages were alerted for', () => {
  it('is remembered once the store answers again, as analysts may name them', async () => {
    const bench = new Bench()
    bench.fail('alerted')
    await bench.batch()
    await bench.batch()
    expect(await bench.store.alerted('m1')).toBeUndefined()
    bench.down.clear()
    await vi.advanceTimersByTimeAsync(2000)
    await bench.batch(0, [SALE])
    for (const id of ['m1', 'm3']) expect((await bench.store.alerted(id))?.codes).toContain('FORGED_BRAND')
  })
})

describe('reports of outages', () => {
  it.each<Work>(['remember', 'advance', 'lookup', 'count', 'minutes', 'apply', 'publish', 'alerted'])(
    'tell when work begins to fail and when a batch was answered by every store: %s',
    async (work) => {
      const bench = new Bench()
      bench.fail(work)
      await bench.batch()
      expect(bench.named('features_degraded')).toMatchObject([{ reason: 'REDIS_UNREACHABLE' }])
      await vi.advanceTimersByTimeAsync(2000)
      await bench.batch()
      expect(bench.named('features_recovered')).toEqual([])
      bench.down.clear()
      await vi.advanceTimersByTimeAsync(2000)
      await bench.batch(0, [])
      expect(bench.named('features_recovered')).toEqual([])
      await bench.batch()
      expect(bench.named('features_recovered')).toMatchObject([{ seconds: 4 }])
      await bench.batch()
      expect(bench.named('features_recovered')).toHaveLength(1)
    },
  )

  it('do not blame a store for a sink that is given up at the end', async () => {
    const bench = new Bench()
    bench.down.set('publish', new SigwatchError('SINK_UNREACHABLE', 'given up'))
    await bench.batch()
    expect(bench.named('features_degraded')).toEqual([])
    expect(bench.named('warning')).toMatchObject([{ message: 'states not published: SINK_UNREACHABLE' }])
  })

  it('name each reason once a batch', async () => {
    const bench = new Bench()
    bench.fail('lookup', 'count', 'minutes', 'publish')
    bench.down.set('apply', new SigwatchError('STORE_CONFLICT', 'it keeps changing'))
    await bench.batch()
    expect(bench.named('features_degraded').map(({ reason }) => reason)).toEqual([
      'REDIS_UNREACHABLE',
      'STORE_CONFLICT',
    ])
  })
})
