import { chmodSync, copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { setAside } from '../../src/offline/training/held-out.ts'
import { embedded, MINUTE, NOON } from '../helpers/embedded.ts'
import { readJsonl, useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'
import { recipient } from './fixtures/registry.ts'

const folder = useFolder()
const modeOf = (name: string) => (statSync(folder.file(name)).mode & 0o777).toString(8)
const MESSAGES = [
  'not json: 13800138000',
  {
    id: 'm1',
    ts: NOON,
    from: '13900139000',
    to: recipient(1),
    text: '【京东】您的账户异常，请登录 https://www.jd-com.shop/p 处理',
  },
]
const OUTPUTS = ['alerts.jsonl', 'shadow-alerts.jsonl', 'verdicts.jsonl', 'dead-letters.jsonl']

async function exported(...args: string[]): Promise<void> {
  const { code, stderr } = await warmSigwatch(args, { cwd: folder.path })
  expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
}

it('lets only the owner read the outputs of a run, and leaves the mode of files that are there', async () => {
  await embedded(folder.path, { messages: MESSAGES })
  expect(OUTPUTS.map(modeOf)).toEqual(['600', '600', '600', '600'])
  chmodSync(folder.file('alerts.jsonl'), 0o640)
  const { alerts } = await embedded(folder.path, { messages: MESSAGES })
  expect(alerts.length).toBeGreaterThan(0)
  expect(OUTPUTS.map(modeOf)).toEqual(['640', '600', '600', '600'])
})

it('lets only the owner read what is drawn from alerts: report, corpus and its provenance', async () => {
  await embedded(folder.path, { messages: MESSAGES })
  writeJsonl(folder.file('feedback.jsonl'), [
    { messageId: 'm1', verdict: 'confirmed', by: 'lin', ts: NOON + MINUTE },
  ])
  const range = ['--from', String(NOON - MINUTE), '--to', String(NOON + 5 * MINUTE)]
  await exported('report', ...range, '--alerts', 'alerts.jsonl', '--out', 'report.html')
  const files = ['--alerts', 'alerts.jsonl', '--feedback', 'feedback.jsonl']
  await exported('label-export', ...files, '--out', 'judged.tsv')
  expect(['report.html', 'judged.tsv', 'judged.tsv.provenance.jsonl'].map(modeOf)).toEqual([
    '600',
    '600',
    '600',
  ])
})

it('lets only the owner read complaints as they were exported', async () => {
  copyFileSync(join(import.meta.dirname, '../../config/complaints-12321.yaml'), folder.file('mapping.yaml'))
  writeFileSync(
    folder.file('export.csv'),
    '举报编号,举报时间,举报号码,被举报号码,短信内容\n7,2026-11-11 09:00:00,13800138000,106900001,您好\n',
  )
  await exported(
    'complaints',
    'import',
    'export.csv',
    '--mapping',
    'mapping.yaml',
    '--out',
    'complaints.jsonl',
  )
  expect(readJsonl(folder.file('complaints.jsonl'))).toHaveLength(1)
  expect(modeOf('complaints.jsonl')).toBe('600')
})

it('lets only the owner read texts that are set aside from a corpus', () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({ label: 'notice', text: `您的快递${i}号已到` }))
  const corpus = { file: 'own.tsv', rows, templates: false }
  setAside([corpus as never], 0.5, 1, folder.file('aside'))
  expect(modeOf('aside/own.tsv')).toBe('600')
})
