import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert } from '../../../src/domain/alert.ts'
import { messageAlertAt, stateAlertAt, tokenOf } from '../../helpers/archive-records.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const NOW = Date.now()

/** The same alert for a missing signature. */
function unsigned(alert: Alert): Alert {
  const reason = {
    code: 'SIGNATURE_MISSING',
    score: 1,
    action: 'review',
    detail: 'A marketing text without a signature.',
    rule: 'Advertising Law art. 43',
    evidence: { port: '10690009', label: 'marketing' },
  } as const
  return { ...alert, data: { ...alert.data, reasons: [reason] } }
}

describeWith(['postgres', 'chromium'], 'sigwatch explain', () => {
  const folder = useFolder()
  let server: PostgresServer
  const explain = (...args: string[]) => warmSigwatch(['explain', ...args, '--database', server.url])
  const letter = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await explain(...args)
    expect([code, stderr]).toEqual([0, ''])
    return stdout
  }

  beforeAll(async () => {
    server = await startPostgres()
    const tipped = messageAlertAt('m1', NOW, 1)
    const flood = stateAlertAt(NOW + 2, 1, tipped, 'sigwatch.alert.raised')
    const hostile = messageAlertAt('m3', NOW, 3)
    const text = '```\n# [click](https://evil.top) <b>'
    await seedArchive(server.url, [
      // Before the alert on the message, so that the order in the table decides nothing.
      ['alerts', stateAlertAt(NOW - 1, 1, tipped, 'sigwatch.alert.raised')],
      ['alerts', tipped],
      [
        'alerts',
        { ...flood, id: 'flood', data: { ...flood.data, target: { kind: 'recipient', id: tokenOf(1) } } },
      ],
      ['alerts', unsigned(messageAlertAt('m2', NOW, 2))],
      // Found to be mistakes: one that stands, and one that was undone after the gateway had kept the message back again.
      ...['m4', 'm5'].flatMap((id, i): SeedRecord[] => [
        ['alerts', messageAlertAt(id, NOW, 4 + i)],
        [
          'feedback',
          {
            feedbackId: `of-${id}`,
            messageId: id,
            verdict: 'false_positive',
            by: 'analyst-7',
            ts: NOW + 1000,
          },
        ],
      ]),
      ['feedback', { undo: 'of-m5', by: 'lead-1', ts: NOW + 60_000 }],
      [
        'feedbackResults',
        { feedbackId: 'of-m5', outcome: 'undone', states: [], at: new Date(NOW + 61_000).toISOString() },
      ],
      ['enforcements', { messageId: 'm5', action: 'block', by: 'gateway-7', ts: NOW + 30_000 }],
      ['alerts', { ...hostile, data: { ...hostile.data, message: { ...hostile.data.message!, text } } }],
      [
        'feedback',
        { messageId: 'm1', verdict: 'release', by: 'analyst-7', note: 'declared late', ts: NOW + 1000 },
      ],
      ['enforcements', { messageId: 'm1', action: 'block', by: 'gateway-7', ts: NOW + 500 }],
    ])
  })
  afterAll(() => server?.stop())

  it('tells the subscriber his message, code and rule, and no more', async () => {
    const text = await letter('m1', '--for', 'subscriber')
    for (const part of ['【京东】您的商品', 'FORGED\\_BRAND', 'MIIT-31 art. 17', 'alert-m1', 'Released on'])
      expect(text).toContain(part)
    for (const part of [
      'The text claims',
      'sms-zh@2',
      'speaksFor',
      tokenOf(1),
      '138****5678',
      'analyst-7',
      'gateway-7',
    ])
      expect(text).not.toContain(part)
  })

  it('tells the sender code, rule and versions, no evidence and no recipient', async () => {
    const text = await letter('m1', '--for', 'sender')
    for (const part of ['FORGED\\_BRAND', 'MIIT-31 art. 17', 'sms-zh@2', 'Released on'])
      expect(text).toContain(part)
    for (const part of ['The text claims', 'speaksFor', 'Evidence']) expect(text).not.toContain(part)
    const flood = await letter('flood', '--for', 'sender')
    expect(flood).toContain('one recipient')
    for (const part of [tokenOf(1), '138', 'analyst-7', 'gateway-7', 'declared late'])
      expect(text + flood).not.toContain(part)
  })

  it('tells the regulator everything, masked', async () => {
    const text = await letter('m1', '--for', 'regulator')
    const plain = text.replaceAll('\\', '')
    for (const part of [
      '138****5678',
      tokenOf(1),
      'kf88.top',
      'sms-zh@2',
      'release, by analyst-7',
      'declared late',
      'block, by gateway-7',
    ])
      expect(plain).toContain(part)
  })

  it('says that a message was released only where it was, and what was found wrong since', async () => {
    const mistaken = await letter('m4', '--for', 'sender')
    expect(mistaken).toContain('Found to be a mistake on')
    expect(mistaken).not.toContain('Released on')
    expect(await letter('m5', '--for', 'sender')).not.toMatch(/Found to be a mistake|Released/)
  })

  it('tells the regulator what came of it in the order of time, with what was undone', async () => {
    const plain = (await letter('m5', '--for', 'regulator')).replaceAll('\\', '')
    const [judged, blocked] = ['false positive, by analyst-7', 'block, by gateway-7'].map((part) =>
      plain.indexOf(part),
    )
    expect(judged).toBeGreaterThan(0)
    expect(blocked).toBeGreaterThan(judged!)
    expect(plain).toMatch(/false positive, by analyst-7.*\(undone\)/)
  })

  it('speaks Chinese, with the sentence rewritten', async () => {
    const text = await letter('m2', '--for', 'sender', '--locale', 'zh-CN')
    for (const part of ['# 短信处置说明', '致发送方', '处置理由', '拦截']) expect(text).toContain(part)
    expect(text).not.toContain('without a signature')
  })

  it('lets nothing in a text be markup', async () => {
    const text = await letter('m3', '--for', 'subscriber')
    expect(text).toContain('````text\n```\n# [click](https://evil.top) <b>\n````')
  })

  it('prints a PDF', async () => {
    const out = folder.file('letter.pdf')
    const { code, stderr } = await explain(
      'm1',
      '--for',
      'regulator',
      '--locale',
      'zh-CN',
      '--format',
      'pdf',
      '--out',
      out,
    )
    expect([code, stderr]).toEqual([0, ''])
    const pdf = readFileSync(out)
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.length).toBeGreaterThan(5_000)
    expect(statSync(out).mode & 0o777).toBe(0o600)
  })

  it('explains a state by its newest alert that does not end it', async () => {
    const text = await letter('state-1', '--for', 'sender')
    for (const part of ['domain kf88.top', 'state-1-1', 'FORGED\\_BRAND']) expect(text).toContain(part)
    const { code, stderr } = await explain('state-1', '--for', 'subscriber')
    expect([code, stderr]).toEqual([2, expect.stringContaining('about a domain')])
  })

  it('has the letterhead, date and contact of letters of the desk', async () => {
    const settings = folder.file('letters.yaml')
    writeFileSync(
      settings,
      'letters: {letterhead: [Example Telecom, 1 Example Road], contact: desk@example.test}\n',
    )
    const args = ['--config', settings, '--addressee', 'Ann Example', '--file-number', 'SW-2026-7']
    const text = await letter('m1', '--for', 'sender', ...args)
    const date = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
    expect(text.replaceAll('\\', '')).toMatch(
      /^Example Telecom\n\n1 Example Road\n\n- \*\*File number\*\*: SW-2026-7\n/,
    )
    expect(text.replaceAll('\\', '')).toContain(
      `- **Date**: ${date}\n- **To**: Ann Example\n\n# Why a message`,
    )
    expect(text.trimEnd().replaceAll('\\', '')).toMatch(/Objections to: desk@example\.test$/)
  })

  it('says what is wrong', async () => {
    for (const [args, said] of [
      [['nobody', '--for', 'sender'], 'no alert "nobody"'],
      [['m1'], '--for'],
      [['m1', '--for', 'journalist'], 'journalist'],
      [['state-1-1', '--for', 'subscriber'], 'about a domain'],
      [['m1', '--for', 'sender', '--format', 'pdf'], 'requires --out'],
      [['m1', '--for', 'sender', '--addressee', 'Ann, 138 0013 8000'], '--addressee: has a mobile number'],
    ] as const) {
      const { code, stderr } = await explain(...args)
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)])
    }
  })
})
