import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { migrate } from '../../../src/analyst/archive/migrate.ts'
import { rollUp } from '../../../src/analyst/archive/rollups.ts'
import { complaintsOf } from '../../../src/analyst/archive/stored-complaints.ts'
import { messageAlertAt, stateAlertAt, tokenOf } from '../../helpers/archive-records.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const H = Math.floor(Date.now() / HOUR) * HOUR - 5 * HOUR
const minute = (n: number, port: string, sent: object, over: object = {}): SeedRecord => [
  'stats',
  { signature: '京东', port, sp: 'SP1', ts: H + n * MINUTE, sent, ...over },
]
const tipped = messageAlertAt('m1', H + MINUTE, 1)
const RECORDS: readonly SeedRecord[] = [
  minute(1, '10690001', { notice: 5, marketing: 90 }, { baseline: { mean: 2, sd: 1 }, declared: 300 }),
  minute(1, '10690002', { marketing: 10 }, { baseline: { mean: 2, sd: 1 }, declared: 300 }),
  minute(2, '10690002', { fraud: 3 }, { baseline: { mean: 4, sd: 1 } }),
  minute(61, '10690002', { fraud: 1 }, { sp: undefined }),
  ['alerts', tipped],
  ['alerts', messageAlertAt('m2', H + 2 * MINUTE, 2)],
  ['alerts', messageAlertAt('m3', H + 62 * MINUTE, 3)],
  ['alerts', messageAlertAt('shadow', H + 2 * MINUTE, 4, { mode: 'shadow' })],
  ['alerts', stateAlertAt(H + 3 * MINUTE, 1, tipped, 'sigwatch.alert.raised')],
  ['alerts', stateAlertAt(H + 9 * MINUTE, 3, tipped, 'sigwatch.alert.cleared')],
  ['complaints', { id: 'c1', from: '10690001', source: '12321', ts: H + 5 * MINUTE }],
  ['complaints', { id: 'c2', from: '10690001', source: '12321', ts: H + 50 * MINUTE, to: tokenOf(9) }],
]

describeWith('postgres', 'sums by minute and hour', () => {
  let server: PostgresServer
  let client: pg.Client
  const rows = async (sql: string) => (await client.query({ text: sql, rowMode: 'array' })).rows

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, RECORDS)
    client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query("SET timezone TO 'UTC'")
  })
  afterAll(async () => {
    await client?.end()
    server?.stop()
  })

  const sent = () =>
    rows(
      'SELECT kind, name, total, marketing, fraud, peak, usual, declared FROM sent_hour ORDER BY ts, kind, name',
    )
  const things = () =>
    rows(
      "SELECT kind, name, part, n, ids FROM thing_hour WHERE part IN ('', 'host:kf88.top') ORDER BY ts, kind, name, part",
    )
  const SENT = [
    ['all', '', 108, 100, 3, null, null, null],
    ['enterprise', 'SP1', 108, 100, 3, null, null, null],
    ['port', '10690001', 95, 90, 0, null, null, null],
    ['port', '10690002', 13, 10, 3, null, null, null],
    ['signature', '京东', 108, 100, 3, 100, 3, 300],
    ['all', '', 1, 0, 1, null, null, null],
    ['enterprise', '', 1, 0, 1, null, null, null],
    ['port', '10690002', 1, 0, 1, null, null, null],
    ['signature', '京东', 1, 0, 1, 0, null, null],
  ]

  it('add up what was sent, by sender and by what it is', async () => {
    expect(await rows('SELECT total, fraud FROM sent_minute ORDER BY ts')).toEqual([
      [105, 0],
      [3, 3],
      [1, 1],
    ])
    expect(await sent()).toEqual(SENT)
    expect(await rows('SELECT port, sp, total FROM sender_hour ORDER BY ts, port')).toEqual([
      ['10690001', 'SP1', 95],
      ['10690002', 'SP1', 13],
      ['10690002', null, 1],
    ])
    expect(await rows('SELECT signature, port, n FROM complaint_hour')).toEqual([['', '10690001', 2]])
  })

  it('tell the enterprise of a complaint that names a port alone', async () => {
    const [first] = await complaintsOf(client, H, H + HOUR)
    expect(first).toMatchObject({ id: 'c1', signature: null, port: '10690001', sp: 'SP1' })
  })

  it('count alerts in force by code, and by each thing that they name, with the newest', async () => {
    expect(await rows('SELECT code, n, blocked FROM alert_minute ORDER BY ts, code')).toEqual(
      [1, 2, 3, 62].flatMap(() => [
        ['', 1, 1],
        ['FORGED_BRAND', 1, 1],
      ]),
    )
    const first = ['state-1-1', 'alert-m2', 'alert-m1']
    const found = await things()
    for (const [kind, name] of [
      ['all', ''],
      ['brand', 'jd'],
      ['domain', 'kf88.top'],
      ['port', '10690200001'],
      ['sender', '京东@10690200001'],
      ['signature', '京东'],
    ])
      expect(found).toContainEqual([kind, name, '', 3, first])
    // A state is no message that forges a brand.
    expect(found).toContainEqual(['forged', 'jd', '', 2, first.slice(1)])
    expect(found).toContainEqual(['forged', 'jd', 'host:kf88.top', 1, ['alert-m3']])
    const [domain] = await rows("SELECT first_at, last_at FROM thing WHERE kind = 'domain'")
    expect(domain!.map(Number)).toEqual([H + MINUTE, H + 62 * MINUTE])
    const [state] = await rows('SELECT revision, raised_at, cleared_at, alert_id FROM state_episode')
    expect(state!.map(String)).toEqual(
      [3, new Date(H + 3 * MINUTE), new Date(H + 9 * MINUTE), 'state-1-3'].map(String),
    )
  })

  it('follow what comes later, and compute nothing twice', async () => {
    await seedArchive(
      server.url,
      [minute(2, '10690002', { fraud: 8 }), ['alerts', messageAlertAt('m4', H + 4 * MINUTE, 4)]],
      { topic: 'later' },
    )
    expect((await sent())[0]).toEqual(['all', '', 113, 100, 8, null, null, null])
    expect(await rows("SELECT n FROM thing_hour WHERE kind = 'all' AND part = '' ORDER BY ts")).toEqual([
      [4],
      [1],
    ])
    expect(await rows('SELECT * FROM rollup_due')).toEqual([])
    const [before] = await rows('SELECT max(xmin::text::bigint) FROM thing_hour')
    await client.query(
      "INSERT INTO rollup_due SELECT 'thing_hour', ts, ts + interval '1 hour' FROM thing_hour GROUP BY ts",
    )
    expect(await rollUp(client, 60_000, false)).toBe(false)
    expect(await rows('SELECT max(xmin::text::bigint) FROM thing_hour')).toEqual([before])
  })

  it('gather the changes of an hour before they go over its senders and alerts again', async () => {
    await client.query(
      "INSERT INTO rollup_due SELECT 'sender_minute', ts, ts + interval '1 minute' FROM sent_minute LIMIT 1",
    )
    expect(await rollUp(client, 60_000)).toBe(false)
    expect(await rows('SELECT what FROM rollup_due')).toEqual([['sent_hour']])
    await rollUp(client, 60_000, false)
    expect(await rows('SELECT what FROM rollup_due')).toEqual([])
  })

  it('wait four times as long as they take before they are computed again', async () => {
    await client.query(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
      CREATE TRIGGER slow AFTER INSERT ON alert_minute EXECUTE FUNCTION dawdle()`)
    const due = async (seconds: number) => {
      await client.query(
        `INSERT INTO rollup_due (what, from_ts, to_ts, at) SELECT 'alert', ts, ts + interval '1 minute', now() - $1 * interval '1 s'
          FROM alert_minute LIMIT 1`,
        [seconds],
      )
      expect(await rollUp(client, 60_000)).toBe(false)
      return (await rows("SELECT 1 FROM rollup_due WHERE what = 'alert'")).length
    }
    expect(await due(0)).toBe(0)
    expect(await due(2)).toBe(1)
    expect(await due(3600)).toBe(0)
    await client.query('DROP FUNCTION dawdle CASCADE')
    await rollUp(client, 60_000, false)
  })

  it('are computed at once if they became due in the future, as after the clock of PostgreSQL was set back', async () => {
    await client.query(`INSERT INTO rollup_due (what, from_ts, to_ts, at)
      SELECT what, ts, ts + interval '1 minute', now() + interval '1 hour' FROM sent_minute, unnest('{alert,sent_hour}'::text[]) AS what`)
    expect(await rollUp(client, 60_000)).toBe(false)
    expect(await rows("SELECT what FROM rollup_due WHERE what <> 'thing_hour'")).toEqual([])
    await rollUp(client, 60_000, false)
  })

  it('compile no statement, which would take longer than to run it', async () => {
    const said: string[] = []
    const listen = ({ message }: { message?: string | undefined }) => void said.push(message ?? '')
    client.on('notice', listen)
    await client.query(`CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE NOTICE 'jit is %', current_setting('jit'); RETURN NULL; END $$;
      CREATE TRIGGER told AFTER INSERT ON thing_hour EXECUTE FUNCTION tell();
      INSERT INTO rollup_due SELECT 'thing_hour', ts, ts + interval '1 hour' FROM thing_hour LIMIT 1; SET jit = on`)
    await rollUp(client, 60_000, false)
    await client.query('DROP FUNCTION tell CASCADE')
    client.off('notice', listen)
    expect(said).toContain('jit is off')
    expect(said).not.toContain('jit is on')
  })

  it('forget the alerts and complaints of a person who is erased', async () => {
    await erase(client as never, tokenOf(4))
    await erase(client as never, tokenOf(9))
    // Nothing is missing until the sums are computed.
    expect(await rows("SELECT sum(n)::int FROM alert_minute WHERE code = ''")).toEqual([[5]])
    await rollUp(client, 60_000, false)
    expect(JSON.stringify(await rows('SELECT ids FROM thing_hour'))).not.toContain('alert-m4')
    expect(await rows("SELECT n FROM thing_hour WHERE kind = 'all' AND part = '' ORDER BY ts")).toEqual([
      [3],
      [1],
    ])
    expect(await rows("SELECT sum(n)::int FROM alert_minute WHERE code = ''")).toEqual([[4]])
    expect(await rows('SELECT n FROM complaint_hour')).toEqual([[1]])
  })

  it('are made of what an earlier version archived, by a migration that waits for no writer', async () => {
    const before = await things()
    await client.query(
      `DROP TABLE rollup_due, sent_minute, sender_hour, sent_hour, alert_minute, thing_hour, thing, state_episode, complaint_hour;
        DELETE FROM schema_migration WHERE version = 14`,
    )
    const writer = new pg.Client({ connectionString: server.url })
    await writer.connect()
    await writer.query('BEGIN; LOCK TABLE alert, sender_minute, complaint IN ROW EXCLUSIVE MODE')
    expect(await migrate(client)).toEqual(['014-rollup.sql'])
    await writer.query('ROLLBACK')
    await writer.end()
    while (await rollUp(client, 0, false));
    expect(await things()).toEqual(before)
  })
})
