import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ArchiveInput } from '../../../src/analyst/archive/rows.ts'
import { messageAlertAt, stateAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { readJsonl, useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const AT = Date.now() - 3_600_000
const withText = (id: string, text: string) => {
  const alert = messageAlertAt(id, AT)
  return { ...alert, data: { ...alert.data, message: { ...alert.data.message!, text } } }
}

const ALERTS = [
  messageAlertAt('m1', AT),
  messageAlertAt('m2', AT + 1),
  withText('m3', '【中国银行】您的积分即将过期，请尽快登录 http://boc-jf.cc/x 兑换现金，逾期作废不再补发'),
  stateAlertAt(
    AT + 2,
    1,
    withText('m4', '您有一笔高温补贴未领取，请今日内打开 http://bt-rs.top 实名登记银行卡'),
    'sigwatch.alert.raised',
  ),
]
const FEEDBACK = [
  { messageId: 'm1', verdict: 'confirmed', by: 'wu', ts: AT + 500 },
  { messageId: 'm1', verdict: 'false_positive', by: 'lin', ts: AT + 1000 },
  { messageId: 'm2', verdict: 'confirmed', by: 'wu', ts: AT + 2000 },
  { messageId: 'm3', verdict: 'confirmed', by: 'wu', ts: AT + 3000 },
  { target: 'domain:kf88.top', verdict: 'confirmed', by: 'wu', ts: AT + 4000 },
  { messageId: 'nobody-knows', verdict: 'confirmed', by: 'wu', ts: AT + 4000 },
  { messageId: 'm2', verdict: 'release', by: 'wu', ts: AT + 9000 },
]

describeWith(['postgres'], 'sigwatch label-export', () => {
  const folder = useFolder()
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [
      ...ALERTS.map((alert) => ['alerts', alert] as readonly [ArchiveInput, object]),
      ...FEEDBACK.map((row) => ['feedback', row] as const),
    ])
    writeFileSync(folder.file('alerts.jsonl'), ALERTS.map((one) => `${JSON.stringify(one)}\n`).join(''))
    writeFileSync(folder.file('feedback.jsonl'), FEEDBACK.map((one) => `${JSON.stringify(one)}\n`).join(''))
  })
  afterAll(() => server?.stop())

  it.each([
    ['the archive', () => ['--database', server.url]],
    ['files', () => ['--alerts', folder.file('alerts.jsonl'), '--feedback', folder.file('feedback.jsonl')]],
  ])('writes the same corpus with its provenance from %s', async (name, source) => {
    const out = folder.file(`${name.replace(' ', '-')}.tsv`)
    const { code, stdout, stderr } = await warmSigwatch(['label-export', '--out', out, ...source()])
    expect([code, stdout]).toEqual([0, `${out}\n`])
    // m1 and m2 are one template that was judged in two ways.
    expect(stderr).toContain('4 judged cases: 2 rows (fraud 2)')
    expect(stderr).toContain('1 are about what is not there')
    expect(stderr).toMatch(/conflict, left out: fraud by wu \(.*\), not-fraud by lin/)
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => line.slice(0, 12))).toEqual(['fraud\t【中国银行】', 'fraud\t您有一笔高温'])
    const provenance = readJsonl<{ line: number; by: string; model: string; state?: string }>(
      `${out}.provenance.jsonl`,
    )
    expect(provenance).toMatchObject([
      { line: 1, by: 'wu', model: 'sms-zh@2', message: 'm3', alert: 'alert-m3', verdict: 'confirmed' },
      { line: 2, by: 'wu', message: 'm4', state: 'state-1' },
    ])
    expect(readFileSync(`${out}.provenance.jsonl`, 'utf8')).not.toContain('138')
  })

  it('uses the last verdict on request', async () => {
    const out = folder.file('latest.tsv')
    const run = await warmSigwatch([
      'label-export',
      '--out',
      out,
      '--conflicts',
      'latest',
      '--database',
      server.url,
    ])
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('conflict, the latest counts')])
    expect(readFileSync(out, 'utf8')).toContain('fraud\t【京东】')
    const early = await warmSigwatch([
      'label-export',
      '--out',
      out,
      '--to',
      String(AT + 1500),
      '--database',
      server.url,
    ])
    expect([early.code, readFileSync(out, 'utf8').slice(0, 14)]).toEqual([0, 'not-fraud\t【京东】'])
  })

  it('says what is wrong', async () => {
    const out = folder.file('none.tsv')
    const alone = await warmSigwatch(['label-export', '--out', out, '--alerts', folder.file('alerts.jsonl')])
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringContaining('--alerts and --feedback require each other'),
    ])
    writeFileSync(folder.file('bad.jsonl'), `${JSON.stringify(FEEDBACK[0])}\n{"by": "wu"}\n`)
    const bad = await warmSigwatch([
      ...['label-export', '--out', out, '--alerts', folder.file('alerts.jsonl')],
      ...['--feedback', folder.file('bad.jsonl')],
    ])
    expect([bad.code, bad.stderr]).toEqual([
      2,
      expect.stringMatching(/bad\.jsonl:2: (verdict|ts): is missing/),
    ])
    // The rules of the service hold here too: one subject, a known verdict.
    writeFileSync(
      folder.file('two.jsonl'),
      `${JSON.stringify({ ...FEEDBACK[0], target: 'domain:kf88.top' })}\n`,
    )
    const two = await warmSigwatch([
      ...['label-export', '--out', out, '--alerts', folder.file('alerts.jsonl')],
      ...['--feedback', folder.file('two.jsonl')],
    ])
    expect([two.code, two.stderr]).toEqual([
      2,
      expect.stringContaining('two.jsonl:1: stateId: exactly one of'),
    ])
    const nowhere = await warmSigwatch(['label-export', '--out', '/nowhere/x.tsv', '--database', server.url])
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringContaining('cannot write /nowhere/x.tsv: ENOENT'),
    ])
  })
})
