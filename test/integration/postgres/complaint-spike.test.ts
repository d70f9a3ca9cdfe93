import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { casePage } from '../../../src/analyst/desk/pages.ts'
import { speechIn } from '../../../src/analyst/desk/words.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt, stateAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { EVIDENCE_SAMPLES } from '../../helpers/evidence-samples.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const NOW = Date.now()
const MINUTE = 60_000
const tipped = messageAlertAt('m1', NOW - 30 * MINUTE, 1)

/** A state that no single message raises. */
function spike(id: string, kind: 'signature' | 'port', name: string, type: Alert['type']): Alert {
  const state = stateAlertAt(NOW - 10 * MINUTE, 1, tipped, type)
  const { message: _, samples: __, contacts: ___, label: ____, ...data } = state.data
  const evidence = EVIDENCE_SAMPLES.COMPLAINT_SPIKE[0]!
  const reason = {
    code: 'COMPLAINT_SPIKE',
    score: 0.9,
    action: 'review',
    detail: '20 complaints.',
    evidence,
  } as const
  const match = kind === 'port' ? { ports: [name] } : { signature: name }
  return {
    ...{ ...state, id, subject: `${kind}:${name}` },
    data: {
      ...{ ...data, action: 'review', reasons: [reason], target: { kind, id: name }, match },
      state: { id: `state-of-${id}`, episode: 1, revision: 1 },
    },
  }
}

describeWith('postgres', 'cases of states without a message', () => {
  const folder = useFolder()
  let server: PostgresServer
  let reader: ArchiveReader
  const pageOf = async (id: string) => {
    const found = (await reader.case(id))!
    const session = { name: 'lin', may: 'feedback', formKey: 'k', until: NOW } as const
    return casePage(session, speechIn('en'), found, { now: 0 }).text
  }

  beforeAll(async () => {
    server = await startPostgres()
    const complaint = { source: '12321', category: 'marketing', text: '骚扰短信，请回电13812345678' }
    const cleared = stateAlertAt(NOW - 5 * MINUTE, 2, tipped, 'sigwatch.alert.cleared')
    const { message: _, samples: __, contacts: ___, ...ended } = cleared.data
    await seedArchive(server.url, [
      ['alerts', tipped],
      ['alerts', spike('spike', 'signature', '京东', 'sigwatch.alert.raised')],
      ['alerts', spike('spike-port', 'port', '10690200001', 'sigwatch.alert.raised')],
      ['alerts', stateAlertAt(NOW - 20 * MINUTE, 1, tipped, 'sigwatch.alert.raised', [tipped])],
      ['alerts', { ...cleared, data: ended }],
      ['complaints', { ...complaint, id: 'c1', signature: '京东', ts: NOW - 40 * MINUTE }],
      ['complaints', { ...complaint, id: 'c2', from: '10690200001', ts: NOW - 30 * MINUTE }],
      ['complaints', { ...complaint, id: 'c3', signature: '京东', ts: NOW - 5 * MINUTE }],
      ['complaints', { ...complaint, id: 'c4', signature: '别家', ts: NOW - 40 * MINUTE }],
      [
        'verdicts',
        {
          id: 'm1',
          action: 'block',
          label: 'fraud',
          score: 0.9,
          reasons: [],
          states: [],
          decidedAt: NOW - 30 * MINUTE,
        },
      ],
    ])
    reader = await ArchiveReader.open(server.url, 'test')
  })
  afterAll(async () => {
    await reader?.close()
    server?.stop()
  })

  it.each([
    ['spike', 'c1'],
    ['spike-port', 'c2'],
  ])('%s shows its numbers, the complaints up to it and what else the sender did', async (id, complaint) => {
    const found = (await reader.case(id))!
    expect(found.complaints.map((one) => one.id)).toEqual([complaint])
    expect(found.siblings.map((one) => one.id)).toContain('alert-m1')
    const page = await pageOf(id)
    for (const part of [
      'No single message raised it',
      'COMPLAINT_SPIKE',
      'per million',
      complaint,
      '骚扰短信',
    ])
      expect(page).toContain(part)
    expect(page).not.toContain('13812345678')
  })

  it('a state whose message was erased says that it is not kept', async () => {
    const found = (await reader.case('state-1-2'))!
    const { message: _, ...data } = found.alert.data
    const session = { name: 'lin', may: 'read', formKey: 'k', until: NOW } as const
    const page = casePage(
      session,
      speechIn('en'),
      { ...found, alert: { ...found.alert, data } },
      { now: 0 },
    ).text
    expect(page).toContain('not kept any more')
    expect(page).not.toContain('No single message')
  })

  it('the end of a state shows the message that raised it', async () => {
    const found = (await reader.case('state-1-2'))!
    expect(found.alert.type).toBe('sigwatch.alert.cleared')
    expect(found.alert.data.message?.id).toBe('m1')
    expect(found.verdict?.action).toBe('block')
    expect(await pageOf('state-1-2')).toContain('三倍理赔')
  })

  it.each(['sender', 'regulator'])('the letter to the %s says that no message was the cause', async (to) => {
    for (const [locale, said] of [
      ['en', 'No single message was the cause'],
      ['zh-CN', '并非由某一条短信引起'],
    ] as const) {
      const args = ['explain', 'spike', '--for', to, '--locale', locale, '--database', server.url]
      const { code, stdout, stderr } = await warmSigwatch(args)
      expect([code, stderr]).toEqual([0, ''])
      for (const part of [said, 'COMPLAINT\\_SPIKE']) expect(stdout).toContain(part)
      // The figures are evidence, which is for the regulator.
      expect(stdout.includes('132.5')).toBe(to === 'regulator')
    }
  })

  it('has a pack of evidence, which finds the alert in the archive', async () => {
    const args = ['evidence', '--alert', 'spike', '--out', folder.file('pack')]
    const { code, stdout, stderr } = await warmSigwatch(args, { env: { SIGWATCH_ARCHIVE_URL: server.url } })
    expect(code, stderr).toBe(0)
    const pack = JSON.parse(readFileSync(stdout.trim().split('\n')[1]!, 'utf8'))
    expect(pack.alert).toMatchObject({ id: 'spike', reasons: [{ code: 'COMPLAINT_SPIKE' }] })
    expect(pack.sources).toContainEqual(expect.objectContaining({ input: 'alerts', records: 1 }))
  })
})
