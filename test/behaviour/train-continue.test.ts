import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { useFolder } from '../helpers/jsonl.ts'
import { lastOfEach } from '../helpers/last-of-each.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

const SHIPPED = 'models/sms-zh/4'
const WRITER = 'corpus/writers/fraud-desk.tsv'

describe('sigwatch train --continue', () => {
  const folder = useFolder()
  const run = (...args: string[]) =>
    warmSigwatch([
      'train',
      ...lastOfEach([
        '--continue',
        SHIPPED,
        '--epochs',
        '1',
        '--known',
        WRITER,
        '--rehearse',
        '100',
        ...args,
      ]),
    ])

  it('makes a model next to the shipped one, which stays, and refuses one that is worse', async () => {
    const before = readFileSync(`${SHIPPED}/weights.bin`)
    const news = folder.file('news.tsv')
    const rows = readFileSync(WRITER, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('fraud'))
    writeFileSync(news, rows.slice(0, 60).join('\n'))
    const out = folder.file('model')
    const good = await run('--corpus', news, '--held', WRITER, '--out', out, '--may-lose', '1')
    expect([good.code, good.stdout]).toEqual([0, `${out}\n`])
    expect(good.stderr).toMatch(
      /new, held out: \d+ texts[\s\S]*writers\/fraud-desk: 403 texts[\s\S]*fraud +\d+ +[01]\.\d+/,
    )
    const card = JSON.parse(readFileSync(`${out}/card.json`, 'utf8')) as { version: string; name: string }
    expect([card.name, card.version]).toEqual(['sms-zh', '4.1'])
    expect(readFileSync(`${out}/heads.bin`)).toEqual(readFileSync(`${SHIPPED}/heads.bin`))

    const taken = await run('--corpus', news, '--out', SHIPPED)
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining('overwrites nothing')])

    writeFileSync(news, rows.map((row) => row.replace('fraud', 'personal')).join('\n'))
    const worse = await run(
      '--corpus',
      news,
      '--epochs',
      '3',
      '--rehearse',
      '0',
      '--held',
      WRITER,
      '--out',
      folder.file('worse'),
    )
    expect([worse.code, worse.stdout]).toEqual([1, ''])
    expect(worse.stderr).toMatch(/MODEL_WORSE/)
    expect(worse.stderr).toMatch(/fraud loses 0\.\d+ of F1 on writers\/fraud-desk/)
    expect(existsSync(folder.file('worse'))).toBe(false)
    expect(readFileSync(`${SHIPPED}/weights.bin`).equals(before)).toBe(true)
  })

  it('says what does not go together', async () => {
    const alone = await run()
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('--corpus')])
    const labels = await run('--corpus', WRITER, '--labels', 'a,b')
    expect([labels.code, labels.stderr]).toEqual([2, expect.stringContaining('--labels')])
    const share = await run('--corpus', WRITER, '--may-lose', '2')
    expect([share.code, share.stderr]).toEqual([2, expect.stringContaining('from 0 to 1')])
  })
})
