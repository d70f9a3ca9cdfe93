import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { erase } from '../../../src/analyst/archive/erase.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { type OpenIntake, openIntake } from '../../helpers/archive-intake.ts'
import { messageAlertAt, stateAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const MINUTE = 60_000
const NOW = Date.now()
const ANSWERS = 'sms.feedback-results'
type Row = Record<string, unknown> & { feedbackId: string; ts: number }

describeWith(['postgres'], 'feedback at the desk', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let desk: Desk
  let intake: OpenIntake
  let sql: pg.Client
  /** What the service would read. */
  let written: Row[] = []
  let brokers: 'answer' | 'refuse' | 'hang' = 'answer'
  const client = deskClient(() => desk.port)

  const open = () =>
    startDeskOn(archive, {
      answers: ANSWERS,
      logins: (['read', 'judge', 'feedback', 'block', 'lead'] as const).map((may) => ({
        ...{ name: may, token: `a-token-of-${may}`, may },
      })),
      feedback: {
        now: async () => Date.now(),
        async write(_key, row) {
          if (brokers === 'refuse') throw new Error('down')
          if (brokers === 'hang') await new Promise(() => undefined)
          written.push(row as unknown as Row)
        },
      },
    })
  /** Archives what the topics hold: the rows, and the answers of the service. */
  const archived = async (answers: readonly object[]) => {
    await intake.take('feedback', written)
    await intake.take('feedbackResults', answers)
  }
  const answerTo = ({ feedbackId }: Row, outcome: string, over = {}) => ({
    ...{ feedbackId, outcome, states: [], at: new Date(NOW).toISOString() },
    ...over,
  })

  beforeAll(async () => {
    server = await startPostgres()
    const tipped = messageAlertAt('m1', NOW - 30 * MINUTE)
    const both = messageAlertAt('m2', NOW - 20 * MINUTE, 2)
    const [reason] = both.data.reasons
    await seedArchive(server.url, [
      ['alerts', tipped],
      [
        'alerts',
        { ...both, data: { ...both.data, reasons: [reason, { ...reason, code: 'SIGNATURE_WRONG_PORT' }] } },
      ],
      ['alerts', messageAlertAt('m3', NOW - 10 * MINUTE, 3)],
      ['alerts', messageAlertAt('m4', NOW - 10 * MINUTE, 4)],
      ['alerts', stateAlertAt(NOW - 29 * MINUTE, 1, tipped, 'sigwatch.alert.raised')],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    intake = await openIntake(server.url, { topics: { feedbackResults: ANSWERS } })
    sql = new pg.Client({ connectionString: server.url })
    await sql.connect()
    desk = await open()
    for (const may of ['read', 'judge', 'feedback', 'block', 'lead'])
      await client.login(may, `a-token-of-${may}`)
  })
  beforeEach(() => {
    written = []
    brokers = 'answer'
  })
  afterAll(async () => {
    await desk?.close()
    await intake?.close()
    await sql?.end()
    await archive?.close()
    server?.stop()
  })

  it('says that it waits, and then why the service refused it', async () => {
    expect(
      (await client.post('judge', '/case/alert-m1', { verdict: 'false_positive', days: '1' })).status,
    ).toBe(303)
    expect(await client.see('judge', '/case/alert-m1?given')).toContain('The service has not answered yet')
    const [row] = written
    await archived([answerTo(row!, 'refused', { why: 'the message is too short to have a template' })])
    const page = await client.see('judge', '/case/alert-m1')
    expect(page).toContain('>refused<')
    expect(page).toContain('the message is too short to have a template')
    expect(page).not.toContain('It takes effect')
    const { released } = await archive.overview(NOW - 60 * MINUTE, NOW + 60 * MINUTE)
    expect(released).toMatchObject([{ verdict: 'false_positive', outcome: 'refused' }])
  })

  it('is about one code where that is asked, with a label and an end by date', async () => {
    const until = new Date(Date.now() + 5 * 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 16)
    await client.post('feedback', '/case/alert-m2', {
      ...{ verdict: 'false_positive', code: 'FORGED_BRAND', label: 'notice', note: 'a partner', until },
    })
    expect(written).toMatchObject([
      { messageId: 'm2', codes: ['FORGED_BRAND'], label: 'notice', until: Date.parse(`${until}:00+08:00`) },
    ])
    const wrong = { verdict: 'false_positive', code: 'NO_CONSENT' }
    expect((await client.post('judge', '/case/alert-m2', wrong)).status).toBe(400)
    const late = { verdict: 'release', until: '2099-01-01T00:00' }
    expect((await client.post('judge', '/case/alert-m2', late)).status).toBe(400)
  })

  it('can be undone by who said it or a lead, and counts no more then', async () => {
    await client.post('judge', '/case/alert-m3', { verdict: 'confirmed' })
    const [row] = written
    await archived([answerTo(row!, 'applied')])
    const colleague = await client.see('feedback', '/case/alert-m3')
    expect(colleague).toContain('Before you, judge said confirmed')
    expect(colleague).not.toContain('name="undo"')
    const undo = { undo: row!.feedbackId }
    expect((await client.post('feedback', '/case/alert-m3', undo)).status).toBe(403)
    expect((await client.post('lead', '/case/alert-m3', { undo: 'of another case' })).status).toBe(400)
    expect(await archive.judged(NOW - MINUTE, NOW + 60 * MINUTE)).toMatchObject([{ confirmed: 1, judged: 2 }])
    written = []
    await client.post('lead', '/case/alert-m3', undo)
    expect(written).toMatchObject([{ undo: row!.feedbackId, by: 'lead' }])
    expect(await client.see('judge', '/case/alert-m3')).toContain('being undone')
    await archived([answerTo(written[0]!, 'undone')])
    const page = await client.see('judge', '/case/alert-m3')
    expect(page).toContain('>undone<')
    expect(page).not.toContain('Before you')
    expect(await archive.judged(NOW - MINUTE, NOW + 60 * MINUTE)).toMatchObject([{ confirmed: 0, judged: 1 }])
  })

  it('blocks manually for those who may, and reports it', async () => {
    const order = { verdict: 'block', target: 'domain:kf88.top', note: 'forged refunds' }
    expect((await client.post('judge', '/case/alert-m4', order)).status).toBe(403)
    expect((await client.post('block', '/case/alert-m4', { ...order, target: 'domain:jd.com' })).status).toBe(
      400,
    )
    expect((await client.post('block', '/case/alert-m4', { ...order, note: '' })).status).toBe(400)
    await client.post('block', '/case/alert-m4', order)
    expect(written).toMatchObject([
      { target: 'domain:kf88.top', verdict: 'block', note: 'forged refunds', by: 'block' },
    ])
    expect(await client.see('read', '/case/alert-m4')).toContain('(domain kf88.top)')
  })

  describe('while brokers do not answer', () => {
    it.each(['refuse', 'hang'] as const)(
      'keeps the note when they %s, and writes it once they do',
      async (how) => {
        brokers = how
        const note = `kept while brokers ${how} 13800138000`
        const began = performance.now()
        expect((await client.post('judge', '/case/state-1-1', { verdict: 'release', note })).status).toBe(303)
        expect(performance.now() - began).toBeLessThan(6_000)
        const page = await client.see('judge', '/case/state-1-1?given')
        expect(page).toContain('not written yet')
        expect(page).toContain(`kept while brokers ${how}`)
        expect(page).not.toContain('13800138000')
        // Another start of the desk writes what was left.
        brokers = 'answer'
        await desk.close()
        desk = await open()
        await expect.poll(() => written.map((row) => row.note), { timeout: 10_000 }).toEqual([note])
        const left = async () =>
          (await sql.query('SELECT FROM given_feedback WHERE "row" IS NOT NULL')).rows.length
        await expect.poll(left).toBe(0)
        await client.login('judge', 'a-token-of-judge')
        expect(await client.see('judge', '/case/state-1-1')).not.toContain('not written yet')
      },
      30_000,
    )
  })

  it('says that it cannot know where no answers are archived', async () => {
    await sql.query('DELETE FROM input_offset WHERE topic = $1', [ANSWERS])
    await client.post('judge', '/case/state-1-1', { verdict: 'confirmed' })
    expect(await client.see('judge', '/case/state-1-1?given')).toContain('is not known here')
  })

  it('says why a release cannot be undone once its person was erased, and how it can be', async () => {
    await client.post('judge', '/case/alert-m4', { verdict: 'release' })
    const [row] = written
    await archived([])
    await erase(sql, messageAlertAt('m4', NOW, 4).data.message!.toToken!)
    const answer = await client.post('judge', '/case/alert-m4', { undo: row!.feedbackId })
    expect(answer.status).toBe(404)
    const said = await answer.text()
    expect(said).toContain('its person was erased')
    expect(said).toContain(`sigwatch feedback --undo ${row!.feedbackId}`)
    const odd = await client.post('judge', '/case/alert-m4', { undo: '$(id) x' })
    expect(await odd.text()).toContain('No alert has this id.')
  })
})
