import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { queueOf } from '../../../src/analyst/archive/case-queue.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { totalsOf } from '../../../src/analyst/archive/totals.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { type OpenIntake, openIntake } from '../../helpers/archive-intake.ts'
import { messageAlertAt, stateAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const MINUTE = 60_000
const ANSWERS = 'sms.feedback-results'
const NOW = Date.now()
type Row = Record<string, unknown> & { feedbackId: string; batch: string }

/** A forgery; those of the first half of an hour are of one case. */
const forgery = (n: number, ts = NOW - 30 * MINUTE + n, code = 'FORGED_BRAND'): Alert => {
  const alert = messageAlertAt(`m${n}`, ts, n)
  const [reason] = alert.data.reasons
  return { ...alert, data: { ...alert.data, reasons: [{ ...reason!, code }] } } as Alert
}

describeWith('postgres', 'what became of a finding', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let desk: Desk
  let intake: OpenIntake
  let written: Row[] = []
  const users = deskClient(() => desk.port)
  const open = () => queueOf(archive.ask, 'open', 'lin')
  const only = async () => {
    const found = await open()
    expect(found).toHaveLength(1)
    return found[0]!
  }
  const judge = async (who: string, fields: Readonly<Record<string, string>> = {}) => {
    const { rows } = await client.query<{ id: string }>('SELECT id FROM review_case')
    written = []
    const path = `/queue/${rows[0]!.id}`
    const answer = await users.post(who, path, { act: 'judge', verdict: 'confirmed', ...fields })
    return { path, location: answer.headers.get('location')!, rows: [...written] }
  }
  const answered = (rows: readonly Row[], outcome: string, over = {}) =>
    intake.take(
      'feedbackResults',
      rows.map(({ feedbackId, batch }) => ({
        ...{ feedbackId, batch, outcome, states: [], at: new Date().toISOString(), ...over },
      })),
    )

  beforeAll(async () => {
    server = await startPostgres()
    const state = stateAlertAt(
      NOW - 20 * MINUTE,
      1,
      forgery(1, NOW, 'SIGNATURE_WRONG_PORT'),
      'sigwatch.alert.raised',
    )
    await seedArchive(server.url, [
      ['alerts', forgery(1, undefined, 'SIGNATURE_WRONG_PORT')],
      ['alerts', forgery(2)],
      ['alerts', forgery(3, undefined, 'TEXT_FRAUD')],
      ['alerts', state],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    intake = await openIntake(server.url, { topics: { feedbackResults: ANSWERS } })
    desk = await startDeskOn(archive, {
      answers: ANSWERS,
      logins: (['lin', 'wu', 'chen'] as const).map((name) => ({
        ...{
          name,
          token: `a-token-of-${name}`,
          may: name === 'chen' ? ('lead' as const) : ('judge' as const),
        },
      })),
      feedback: {
        now: async () => Date.now(),
        write: async (_key, row) => void written.push(row as unknown as Row),
      },
    })
    for (const name of ['lin', 'wu', 'chen']) await users.login(name, `a-token-of-${name}`)
  })
  beforeEach(async () => {
    await client.query('TRUNCATE given_feedback, feedback, feedback_result, case_event')
    await client.query(
      "UPDATE review_case SET status = 'open', finding = NULL, done_by = NULL, done_at = NULL, settled_until = NULL, batch = NULL",
    )
  })
  afterAll(async () => {
    await desk?.close()
    await intake?.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it('counts once what is judged, and names the codes of all alerts, the gravest first', async () => {
    const found = await only()
    expect(found).toMatchObject({ alerts: 4, subjects: 4 })
    expect(found.codes![0]).toBe('FORGED_BRAND')
    expect(new Set(found.codes)).toEqual(new Set(['FORGED_BRAND', 'TEXT_FRAUD', 'SIGNATURE_WRONG_PORT']))
    const { location } = await judge('lin', { verdict: 'false_positive' })
    const page = await users.see('lin', location)
    expect(page).toContain('kf88.top was judged: false positive. Messages and states: 4.')
  })

  it('opens a case again that a lead undoes on the page of an alert, and notes who did', async () => {
    const { path, rows } = await judge('lin')
    expect(await open()).toEqual([])
    await users.post('chen', '/case/alert-m2', { undo: rows[0]!.batch })
    expect(await only()).toMatchObject({ alerts: 4, status: 'open', finding: null })
    expect(await users.see('wu', path)).toContain('chen: undid the finding')
  })

  it('brings back what was undone of a batch alone', async () => {
    const { path, rows } = await judge('lin')
    const one = rows.find(({ messageId }) => messageId === 'm2')!
    await users.post('chen', '/case/alert-m2', { undo: one.feedbackId })
    expect(await only()).toMatchObject({ alerts: 1, subjects: 1 })
    const page = await users.see('wu', path)
    expect(page).toContain('being undone 1')
    expect(page).toContain('chen: undid the finding for one message or state')
    expect((await judge('wu')).rows).toMatchObject([{ messageId: 'm2' }])
    expect(await open()).toEqual([])
  })

  it('opens a case again that was undone elsewhere than at the desk', async () => {
    const { path, rows } = await judge('lin')
    await intake.take('feedback', [{ undo: rows[0]!.batch, by: 'ops', ts: Date.now(), feedbackId: 'f1' }])
    expect(await only()).toMatchObject({ alerts: 4 })
    expect(await users.see('wu', path)).toContain('ops: undid the finding')
    // The service knows nothing of it.
    await answered([{ feedbackId: 'f1', batch: 'none' }], 'refused')
    expect(await open()).toEqual([])
  })

  it('brings back what the service refused, once, with the reason', async () => {
    const { path, rows } = await judge('wu', { verdict: 'false_positive' })
    expect(await users.see('wu', path)).toContain('waiting 4')
    const refused = rows.filter(({ messageId }) => messageId === 'm1' || messageId === 'm3')
    await answered(refused, 'refused', { why: 'too short to have a template' })
    await answered(
      rows.filter((row) => !refused.includes(row)),
      'applied',
    )
    expect(await only()).toMatchObject({ subjects: 2 })
    for (const view of ['open', 'done'])
      expect(await users.see('wu', `/queue?view=${view}`)).toMatch(
        /refused 2<\/span> <span class="block">too short/,
      )
    expect(await users.see('wu', path)).toContain('applied 2, refused 2 (too short to have a template)')
    const again = await judge('wu', { verdict: 'false_positive' })
    expect(again.rows).toHaveLength(2)
    await answered(again.rows, 'refused', { why: 'too short to have a template' })
    expect(await open()).toEqual([])
  })

  it('marks a confirmation that the service refused, which still is a judgement', async () => {
    const { rows } = await judge('wu')
    await answered(rows.slice(0, 1), 'refused', { why: 'not known' })
    expect(await open()).toEqual([])
    expect(await users.see('wu', '/queue?view=done')).toContain('refused 1</span>')
  })

  it('offers of a case that is done the undo alone, to who may', async () => {
    const { path, rows } = await judge('lin')
    const page = await users.see('lin', path)
    expect(page).toContain('Undo this finding')
    expect(page).not.toContain('name="verdict"')
    expect(await users.see('wu', path)).not.toContain('Undo this finding')
    expect((await users.post('wu', path, { act: 'undo' })).status).toBe(403)
    expect((await judge('lin')).location).toContain('settledByYou')
    expect((await judge('wu')).location).toContain('settledBefore')
    await users.post('chen', path, { act: 'undo' })
    expect(written).toMatchObject([{ undo: rows[0]!.batch, by: 'chen' }])
    expect(await only()).toMatchObject({ alerts: 4 })
  })

  it('undoes the finding that the page showed, and no other', async () => {
    const { rows } = await judge('lin')
    const { batch } = rows[0]!
    expect(await users.see('lin', '/queue')).toContain(`name="batch" value="${batch}"`)
    const undo = async () => (await users.post('lin', '/queue/undo', { batch })).headers.get('location')!
    const said = await users.see('lin', await undo())
    expect(said).toContain('The finding on Domain kf88.top is being undone')
    expect(said).toContain('Messages and states: 4.')
    written = []
    expect(await undo()).toContain('undoneBefore')
    expect(written).toEqual([])
  })

  it('judges what was shown', async () => {
    const { last_at, subjects } = await only()
    const seen = `${last_at.getTime()} ${subjects}`
    expect(await users.see('lin', '/queue')).toContain(`name="seen" value="${seen}"`)
    await intake.take('alerts', [forgery(8, NOW - MINUTE)])
    expect((await judge('lin', { seen, verdict: 'false_positive' })).rows).toHaveLength(4)
    expect(await only()).toMatchObject({ alerts: 1 })
    // What came late, of the time that was shown.
    const after = await only()
    await intake.take('alerts', [forgery(9, NOW - 2 * MINUTE)])
    const stale = await judge('lin', { seen: `${after.last_at.getTime()} 1` })
    expect(stale).toMatchObject({ rows: [] })
    expect(stale.location).toContain('changedSince')
    expect(await users.see('lin', stale.location)).toContain('Look again')
  })

  it('settles a case with the rows of its finding or not at all', async () => {
    await client.query('ALTER TABLE given_feedback ADD CONSTRAINT no_rows CHECK (false) NOT VALID')
    try {
      const { path } = await judge('lin').catch(() => ({ path: '' }))
      expect(path).toContain('/queue/')
      expect(await open()).toHaveLength(1)
    } finally {
      await client.query('ALTER TABLE given_feedback DROP CONSTRAINT no_rows')
    }
  })

  it('says of a case that is done what came since then, and has it judged too', async () => {
    const { path } = await judge('lin')
    await intake.take('alerts', [forgery(20, Date.now() + 1000)])
    expect(await open()).toEqual([])
    for (const page of [path, '/queue?view=done'])
      expect(await users.see('wu', page)).toContain('1 alerts came since then and were not judged')
    await users.post('wu', path, { act: 'since' })
    expect(await only()).toMatchObject({ alerts: 1 })
    expect((await judge('wu')).rows).toMatchObject([{ messageId: 'm20' }])
  })

  it('opens a case again that a domain joins which it had not', async () => {
    await judge('lin')
    const alert = forgery(21, Date.now() + 2000)
    const { data } = alert
    const message = { ...data.message!, text: data.message!.text.replaceAll('kf88.top', 'kf99.top') }
    const contacts = { ...data.contacts!, urls: ['http://kf99.top/a'] }
    await intake.take('alerts', [{ ...alert, data: { ...data, message, contacts } } as Alert])
    expect(await only()).toMatchObject({ name: 'kf88.top', alerts: 1, subjects: 1 })
    expect(await users.see('wu', '/queue')).toContain('confirmed by lin earlier; this came since then')
  })

  it('says in the queue how far the archive is where it is behind', async () => {
    const said = 'The newest record of the archive is of'
    const { rows } = await client.query<{ at: Date | null }>('SELECT max(ts) AS at FROM alert_minute')
    expect((await users.see('wu', '/queue')).includes(said)).toBe(
      rows[0]!.at !== null && Number(rows[0]!.at) < Date.now() - 3 * MINUTE,
    )
  })

  it('counts no finding as judged that was undone', async () => {
    const { rows } = await judge('lin')
    await intake.take('feedback', rows)
    const judged = async () =>
      (await totalsOf(archive.ask, NOW - MINUTE, NOW + 10 * MINUTE)).find(({ name }) => name === 'judged')!
    const before = (await judged()).now
    expect(before).toBeGreaterThan(0)
    await intake.take('feedback', [{ undo: rows[0]!.batch, by: 'lin', ts: Date.now() + 1, feedbackId: 'f9' }])
    expect((await judged()).now).toBe(0)
  })
})
