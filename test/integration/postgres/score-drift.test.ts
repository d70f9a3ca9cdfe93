import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { psiByLabel, type ScoreDrift, scoreDrift, watchDrift } from '../../../src/analyst/archive/drift.ts'
import type { Event } from '../../../src/domain/events.ts'
import { verdictAt } from '../../helpers/archive-records.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
const SHARE = 0.5

const sumOf = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)
const psi = (a: readonly number[], b: readonly number[]) => {
  const more = 0.5 / Math.min(sumOf(a), sumOf(b))
  const shares = (counts: readonly number[]) =>
    counts.map((n) => (n / sumOf(counts) + more) / (1 + 10 * more))
  const [p, q] = [shares(a), shares(b)]
  return p.reduce((sum, x, i) => sum + (x - q[i]!) * Math.log(x / q[i]!), 0)
}

let made = 0
/** Verdicts with an action, so that all are kept: a count for each step of the score. */
const verdicts = (label: 'fraud' | 'marketing', counts: readonly number[], ts: number, model = 'sms-zh@2') =>
  counts.flatMap((count, step) =>
    Array.from({ length: count }, (): SeedRecord => {
      const over = { label, model, modelScore: step / 10 + 0.05 } as const
      return ['verdicts', verdictAt(`v${++made}`, ts, over)]
    }),
  )
const card = (histogram: unknown, hash = 'sms-zh@2'): SeedRecord => [
  'versions',
  { hash, kind: 'model', card: { name: 'sms-zh', scores: { histogram } }, at: NOW - 30 * 24 * HOUR },
]

const HELD = [0, 0, 0, 0, 0, 10, 10, 20, 20, 90]
const SHARP = [0, 0, 0, 0, 0, 4, 0, 6, 20, 270]
const BLUNT = [0, 0, 0, 10, 20, 40, 60, 60, 60, 50]

describeWith('postgres', 'drift of the scores', () => {
  let server: PostgresServer
  const onArchive = async (name: string, records: readonly SeedRecord[]): Promise<readonly ScoreDrift[]> => {
    const admin = new pg.Client({ connectionString: server.url })
    await admin.connect()
    await admin.query(`CREATE DATABASE ${name}`)
    await admin.end()
    const url = Object.assign(new URL(server.url), { pathname: `/${name}` }).href
    await seedArchive(url, records, { sample: SHARE })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return await scoreDrift(client, NOW)
    } finally {
      await client.end()
    }
  }

  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.stop())

  it('is the index by label against the card of the model that labels, and against the day a week before', async () => {
    const drifts = await onArchive('card_and_week', [
      card({ fraud: HELD, marketing: HELD, notice: HELD }),
      ...verdicts('fraud', BLUNT, NOW - HOUR),
      ...verdicts('fraud', SHARP, NOW - HOUR - WEEK),
      ...verdicts('marketing', SHARP, NOW - 2 * HOUR),
      // Of a model that is gone, and of other days.
      ...verdicts('fraud', SHARP, NOW - 3 * HOUR, 'sms-zh@1'),
      ...verdicts('fraud', HELD, NOW - 30 * HOUR),
    ])
    const told = Object.fromEntries(drifts.map(({ label, against, psi }) => [`${label} ${against}`, psi]))
    expect(Object.keys(told).sort()).toEqual(['fraud card', 'fraud week', 'marketing card'])
    expect(told['fraud card']).toBeCloseTo(psi(BLUNT, HELD), 9)
    expect(told['fraud week']).toBeCloseTo(psi(BLUNT, SHARP), 9)
    expect(told['marketing card']).toBeCloseTo(psi(SHARP, HELD), 9)
  })

  it.each([
    [1_000_000, 100],
    [200, 1_000_000],
  ])('is 0 for the same shares of %i verdicts and %i others, even where steps are empty', async (n, m) => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    const stepsOf = (all: number, seen: number) =>
      `SELECT 'fraud' AS label, step, share * ${all}::float8 AS n, (share * ${seen})::int AS seen
        FROM (VALUES (6, 0.1), (8, 0.2), (9, 0.7)) AS steps (step, share)`
    try {
      const { rows } = await client.query(psiByLabel(stepsOf(2 * n, n), stepsOf(m, m)))
      expect(rows).toHaveLength(1)
      expect(rows[0].psi).toBeCloseTo(0, 9)
    } finally {
      await client.end()
    }
  })

  it('scales sampled verdicts up, and says nothing of few', async () => {
    const passed = Array.from({ length: 1_000 }, (_, i): SeedRecord => {
      const over = {
        action: 'pass',
        label: 'notice',
        reasons: [],
        model: 'sms-zh@2',
        modelScore: 0.95,
      } as const
      return ['verdicts', verdictAt(`p${i}`, NOW - HOUR, over)]
    })
    const some = Array.from({ length: 100 }, (_, i): SeedRecord => {
      const over = { label: 'notice', model: 'sms-zh@2', modelScore: 0.55 } as const
      return ['verdicts', verdictAt(`a${i}`, NOW - HOUR, over)]
    })
    const drifts = await onArchive('sampled', [
      card({ notice: [0, 0, 0, 0, 0, 100, 0, 0, 0, 1_000], fraud: HELD }),
      ...passed,
      ...some,
      ...verdicts('fraud', [0, 0, 0, 0, 0, 0, 0, 0, 0, 199], NOW - HOUR),
    ])
    expect(drifts.map(({ label }) => label)).toEqual(['notice'])
    // Half of those that passed are kept: without their share the index would be 0.1.
    expect(drifts[0]!.psi).toBeLessThan(0.02)
  })

  it.each([
    ['none', undefined],
    ['a list', [1, 2]],
    ['another number of steps', { fraud: [1, 2, 3] }],
    ['words', { fraud: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] }],
    ['null', null],
    ['a number for a list', { fraud: 7 }],
  ])('is silent on a card whose histogram is %s', async (name, histogram) => {
    const url = `card_${name.replaceAll(' ', '_')}`
    expect(await onArchive(url, [card(histogram), ...verdicts('fraud', BLUNT, NOW - HOUR)])).toEqual([])
  })

  it('takes the card that was published last for a model', async () => {
    const drifts = await onArchive('cards', [
      card(undefined),
      card({ fraud: HELD }),
      card({ fraud: BLUNT }),
      ...verdicts('fraud', BLUNT, NOW - HOUR),
    ])
    expect(drifts).toHaveLength(1)
    expect(drifts[0]!.psi).toBeCloseTo(0, 9)
  })

  it('is silent where verdicts do not say their model', async () => {
    const { model: _, modelScore: __, ...old } = { ...verdictAt('old', NOW - HOUR), model: '', modelScore: 0 }
    expect(await onArchive('without', [card({ fraud: HELD }), ['verdicts', old]])).toEqual([])
  })

  it('says that nothing is known while the database does not answer in time', async () => {
    const url = await server.createDatabase('locked')
    await seedArchive(url, [])
    const owner = new pg.Client({ connectionString: url })
    await owner.connect()
    await owner.query('BEGIN; LOCK TABLE verdict IN ACCESS EXCLUSIVE MODE')
    const stop = new AbortController()
    const events: Event[] = []
    try {
      const take = (event: Event) => {
        events.push(event)
        stop.abort()
      }
      await watchDrift(url, take, stop.signal, 300)
    } finally {
      await owner.end()
    }
    expect(events).toEqual([{ name: 'score_drift_unknown', reason: expect.stringContaining('57014') }])
  })

  it('keeps the histogram of a card when an instance with a card that has none starts', async () => {
    const now = verdicts('fraud', BLUNT, NOW - HOUR)
    const together = await onArchive('older_card', [card({ fraud: HELD }), card(undefined), ...now])
    expect(together).toMatchObject([{ label: 'fraud', against: 'card' }])
    const url = await server.createDatabase('older_card_later')
    await seedArchive(url, [card({ fraud: HELD }), ...now])
    await seedArchive(url, [card(undefined)], { topic: 'later' })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      expect(await scoreDrift(client, NOW)).toEqual(together)
    } finally {
      await client.end()
    }
  })
})
