import { afterAll, beforeAll, expect, it } from 'vitest'
import { splitCase } from '../../../src/analyst/archive/case-merge.ts'
import { queueOf } from '../../../src/analyst/archive/case-queue.ts'
import { groupEarlier } from '../../../src/analyst/archive/case-writer.ts'
import { type Client, openClient } from '../../../src/analyst/archive/database.ts'
import { erase } from '../../../src/analyst/archive/erase.ts'
import type { GivenRow } from '../../../src/analyst/archive/given-feedback.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { type OpenIntake, openIntake } from '../../helpers/archive-intake.ts'
import { messageAlertAt, stateAlertAt, tokenOf } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const MINUTE = 60_000

/** A forgery by a sender. */
const forgery = (id: string, n: number, from = '10690200001', ts = Date.now() - 30 * MINUTE): Alert => {
  const alert = messageAlertAt(id, ts, n)
  const message = { ...alert.data.message!, from }
  const [reason] = alert.data.reasons
  return {
    ...alert,
    data: { ...alert.data, message, reasons: [reason!, { ...reason!, code: 'SIGNATURE_WRONG_PORT' }] },
  }
}

describeWith('postgres', 'the queue of cases', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let client: Client
  let desk: Desk
  let intake: OpenIntake
  const given: GivenRow[] = []
  const users = deskClient(() => desk.port)
  const open = () => queueOf(archive.ask, 'open', 'lin')
  const only = async () => {
    const found = await open()
    expect(found).toHaveLength(1)
    return found[0]!
  }

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [
      ...[1, 2, 3].map((n) => ['alerts', forgery(`m${n}`, n)] as const),
      ['alerts', forgery('m4', 4, '10690200009')],
      // It asks for nothing, and the service keeps nothing of it that a finding could be about.
      ['alerts', messageAlertAt('m9', Date.now() - 30 * MINUTE, 9, { action: 'observe' })],
      [
        'alerts',
        stateAlertAt(Date.now() - 29 * MINUTE, 1, messageAlertAt('m1', Date.now()), 'sigwatch.alert.raised'),
      ],
      [
        'alerts',
        stateAlertAt(Date.now() - 28 * MINUTE, 2, messageAlertAt('m1', Date.now()), 'sigwatch.alert.updated'),
      ],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    client = await openClient(server.url, 'test')
    intake = await openIntake(server.url)
    desk = await startDeskOn(archive, {
      logins: (['read', 'judge', 'block'] as const).map((may) => ({
        name: may,
        token: `a-token-of-${may}`,
        may,
      })),
      feedback: { now: async () => Date.now(), write: async (_key, row) => void given.push(row) },
    })
    for (const may of ['read', 'judge', 'block']) await users.login(may, `a-token-of-${may}`)
  })
  afterAll(async () => {
    await desk?.close()
    await intake?.close()
    await client?.end()
    await archive?.close()
    server?.stop()
  })

  it('groups the alerts of a campaign and its states into one case, and says what it is worth', async () => {
    const found = await only()
    expect(found).toMatchObject({
      grouped_by: 'domain',
      name: 'kf88.top',
      standing: 'stranger',
      alerts: 5,
      senders: 2,
    })
    expect(found.worth).toBeCloseTo(found.recipients * found.certainty * found.harm, 1)
    expect(await users.see('read', '/queue')).toContain('kf88.top')
  })

  it('files alerts from before there were cases once', async () => {
    await client.query('TRUNCATE case_alert, case_feature, review_case, case_sum, case_sender')
    expect(await groupEarlier(client)).toBe(5)
    expect(await groupEarlier(client)).toBe(0)
    expect(await only()).toMatchObject({ alerts: 5 })
  })

  it('gives the senders of a case as CSV, without the boxes to pick them', async () => {
    const { id } = await only()
    const csv = await users.see('judge', `/queue/${id}?csv=0`)
    const [headings, ...rows] = csv.trim().split('\r\n')
    expect(headings).toBe('From,Alerts,Recipients,Codes,Message')
    expect(rows.map((row) => row.split(',')[0])).toEqual(['京东@10690200001', '京东@10690200009'])
    expect(csv).toBe(await users.see('read', `/queue/${id}?csv=0`))
  })

  it('gives a case to one of two who take it at once, and lets each give back only their own', async () => {
    const { id } = await only()
    const path = `/queue/${id}`
    const whose = async () => (await only()).owner
    const answers = await Promise.all(['judge', 'block'].map((who) => users.post(who, path, { act: 'take' })))
    const asked = answers.map(({ headers }) => headers.get('location')!.includes('take='))
    expect(asked.toSorted()).toEqual([false, true])
    const [owner, other] = asked[0] ? ['block', 'judge'] : ['judge', 'block']
    expect(await whose()).toBe(owner)
    expect((await users.post(other!, path, { act: 'give' })).headers.get('location')).toContain('notYourCase')
    expect(await whose()).toBe(owner)
    // The form named an owner that the case does not have any more.
    await users.post(other!, path, { act: 'take', owner: 'read' })
    expect(await whose()).toBe(owner)
    await users.post(other!, path, { act: 'take', owner: owner! })
    expect(await whose()).toBe(other)
    await users.post(owner!, path, { act: 'give' })
    expect(await whose()).toBe(other)
    await users.post(other!, path, { act: 'give' })
    expect(await whose()).toBe(null)
    const page = await users.see('read', path)
    expect(page.match(/<dd>[^<]*took it[^<]*/g)).toEqual([
      `<dd>${other}: took it over from — ${owner}`,
      `<dd>${owner}: took it`,
    ])
  })

  it('splits senders off, with their later alerts, and keeps them out of the finding', async () => {
    const { id } = await only()
    expect((await users.post('judge', `/queue/${id}`, { act: 'split' })).headers.get('location')).toContain(
      'cannotSplit',
    )
    const moved = await users.post('judge', `/queue/${id}`, { act: 'split', sender: '京东@10690200009' })
    const split = moved.headers.get('location')!.replace('/queue/', '')
    await intake.take('alerts', [forgery('m5', 5, '10690200009'), forgery('m6', 6)])
    expect((await open()).map(({ id: one, alerts }) => [one === split, alerts])).toEqual([
      [false, 5],
      [true, 2],
    ])
    expect(await splitCase(archive.change, 'no-case', ['x'])).toBeUndefined()
  })

  it('judges all of a case alike under one batch, once, and opens it again by an undo', async () => {
    const [first] = await open()
    const path = `/queue/${first!.id}`
    expect((await users.post('read', path, { act: 'judge', verdict: 'confirmed' })).status).toBe(403)
    const order = { act: 'judge', verdict: 'confirmed', target: 'domain:kf88.top' }
    expect((await users.post('judge', path, order)).status).toBe(403)
    expect((await users.post('block', path, { ...order, target: 'domain:jd.com' })).status).toBe(403)
    const answers = await Promise.all(
      [1, 2].map(() => users.post('block', path, { ...order, note: 'one campaign' })),
    )
    expect(answers.filter((one) => one.headers.get('location')!.includes('settledByYou'))).toHaveLength(1)
    const [{ batch }] = given as [GivenRow]
    expect(new Set(given.map((row) => row.batch))).toEqual(new Set([batch]))
    const named = given.map(({ messageId, stateId, target }) => messageId ?? stateId ?? target).sort()
    expect(named).toEqual(['domain:kf88.top', 'm1', 'm2', 'm3', 'm6', 'state-1'])
    expect(await users.see('read', path)).toContain('confirmed by block')
    // What was confirmed does not come back within a day, for the campaign goes on.
    await intake.take('alerts', [forgery('m7', 7, '10690200001', Date.now())])
    expect(await open()).toHaveLength(1)
    expect((await users.post('judge', '/queue/undo', {})).headers.get('location')).toContain('nothingToUndo')
    given.length = 0
    await users.post('block', '/queue/undo', {})
    expect(given).toMatchObject([{ undo: batch }])
    expect(await open()).toHaveLength(2)
  })

  it('opens a case again whose alerts go on after a false positive', async () => {
    const [first] = await open()
    await users.post('judge', `/queue/${first!.id}`, { act: 'judge', verdict: 'false_positive' })
    expect(await open()).toHaveLength(1)
    await client.query('UPDATE review_case SET settled_until = now() WHERE id = $1', [first!.id])
    await intake.take('alerts', [forgery('m8', 8, '10690200001', Date.now() + 1000)])
    expect((await open()).find(({ id }) => id === first!.id)).toMatchObject({
      alerts: 1,
      finding: 'false_positive',
    })
  })

  it('takes comments and statuses, and erases what names a person', async () => {
    const { id } = (await open()).at(-1)!
    const path = `/queue/${id}`
    for (const comment of [`asked ${tokenOf(5)}`, 'call 13812345678', 'see the filing'])
      await users.post('judge', path, { act: 'comment', comment })
    await users.post('judge', path, { act: 'take' })
    await users.post('judge', path, { act: 'wait' })
    expect((await queueOf(archive.ask, 'waiting', 'judge')).map((one) => [one.id, one.owner])).toEqual([
      [id, 'judge'],
    ])
    expect((await queueOf(archive.ask, 'mine', 'judge')).map((one) => one.id)).toEqual([id])
    expect(await users.see('read', path)).not.toContain('13812345678')
    expect(await erase(client, tokenOf(5))).toMatchObject({ comments: 1 })
    const page = await users.see('read', path)
    expect(page).toContain('see the filing')
    expect(page).not.toContain(tokenOf(5))
  })
})
