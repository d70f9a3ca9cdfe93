import { readFileSync } from 'node:fs'
import pg from 'pg'
import { expect, it } from 'vitest'
import { queueOf } from '../../../src/analyst/archive/case-queue.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const GUIDE = readFileSync(new URL('../../../docs/desk.md', import.meta.url), 'utf8')

async function createDeskRole(url: string): Promise<void> {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  await owner.query('CREATE ROLE desk LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO desk')
  await owner.query(/```sql\n(GRANT[\s\S]*?)```/.exec(GUIDE)![1]!)
  await owner.end()
}

describeWith('postgres', 'the database user of the desk', () => {
  it('does everything with the rights that the guide grants', async () => {
    const server = await startPostgres()
    const now = Date.now() - 60_000
    const other = messageAlertAt('m2', now, 2)
    const message = { ...other.data.message!, from: '10690200009' }
    await seedArchive(server.url, [
      ['alerts', messageAlertAt('m1', now)],
      ['alerts', { ...other, data: { ...other.data, message } }],
    ])
    await createDeskRole(server.url)
    const archive = await ArchiveReader.open(server.url.replace('sigwatch@', 'desk@'), 'test')
    const desk = await startDeskOn(archive, {
      logins: [{ name: 'lin', token: 'a-token-of-lin', may: 'lead' }],
      feedback: { now: async () => Date.now(), write: async () => undefined },
    })
    const { login, post } = deskClient(() => desk.port)
    await login('lin', 'a-token-of-lin')
    const [found] = await queueOf(archive.ask, 'open', 'lin')
    const path = `/queue/${found!.id}`
    for (const [at, fields] of [
      [path, { act: 'take' }],
      [path, { act: 'comment', comment: 'seen' }],
      [path, { act: 'due', due: '2026-12-01T12:00' }],
      [path, { act: 'merge', other: 'none' }],
      ['/letter/alert-m1', { reader: 'sender', addressee: 'the sender' }],
      [path, { act: 'split', sender: '京东@10690200009' }],
      [path, { act: 'judge', verdict: 'confirmed' }],
      ['/queue/undo', {}],
      ['/case/alert-m1', { verdict: 'confirmed' }],
      ['/find', { q: '京东' }],
    ] as const)
      expect((await post('lin', at, fields)).status, JSON.stringify(fields)).toBe(303)
    await desk.close()
    await archive.close()
    server.stop()
  })

  it('cannot put its temporary tables in the place of those that triggers write to with the rights of the owner', async () => {
    const server = await startPostgres()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 60_000)]])
    await createDeskRole(server.url)
    const desk = new pg.Client({ connectionString: server.url.replace('sigwatch@', 'desk@') })
    await desk.connect()
    await desk.query('CREATE TEMP TABLE fallen_judgement AS SELECT * FROM public.fallen_judgement')
    await desk.query(
      "INSERT INTO given_feedback (feedback_id, ts, verdict, by, undo) VALUES ('u1', now(), 'undo', 'lin', 'batch-1')",
    )
    const { rows } = await desk.query('SELECT batch, subject FROM public.fallen_judgement')
    expect(rows).toEqual([{ batch: 'batch-1', subject: '' }])
    await desk.end()
    server.stop()
  })
})
