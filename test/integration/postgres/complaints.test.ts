import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openClient } from '../../../src/analyst/archive/database.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { readJsonl, useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { TOKEN_KEY } from '../../helpers/service.ts'
import { describeWith } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const HOLIDAYS = fileURLToPath(new URL('../../../config/holidays.sample.yaml', import.meta.url))
const DAY = 86_400_000
const NOW = Date.now()
/** A time as people in China write it. */
const local = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
const MADE = NOW - 40 * DAY
const TEXT = '【京东】您的商品因质量问题已下架，三倍理赔请点 https://kf88.top/a 填写收款信息'
const HEAD = '举报编号,举报时间,转办时间,办结时间,被举报号码,举报号码,短信签名,短信内容,举报类型'
const row = (id: string, made: number, answered = '', text = TEXT) =>
  `${id},${local(made)},${local(made + DAY)},${answered},10690200001,13800138000,京东,"${text}",诈骗`

describeWith(['postgres'], 'sigwatch complaints', () => {
  const folder = useFolder()
  const CSV = folder.file('export.csv')
  let server: PostgresServer
  let env: Record<string, string>
  const run = (...args: string[]) => warmSigwatch(['complaints', ...args], { env })
  const rows = async (sql: string) => {
    const client = await openClient(server.url, 'test')
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[]
    } finally {
      await client.end()
    }
  }

  beforeAll(async () => {
    server = await startPostgres()
    env = { SIGWATCH_ARCHIVE_URL: server.url, SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY }
    const tokenise = createTokeniser({ keyId: '1', key: TOKEN_KEY })
    const alert = messageAlertAt('m1', MADE - 3_600_000)
    const message = { ...alert.data.message!, toToken: tokenise('13800138000') }
    await seedArchive(server.url, [
      ['alerts', { ...alert, data: { ...alert.data, message } }],
      [
        'stats',
        { signature: '京东', port: '10690200001', sp: 'SP1001', ts: MADE - DAY, sent: { notice: 20_000 } },
      ],
      ['stats', { signature: '京东', port: '10690200001', sp: 'SP1001', ts: MADE, sent: { notice: 20_000 } }],
    ])
    const lines = [HEAD, row('A1', MADE), row('A2', NOW - DAY), row('A3', MADE, local(MADE + 3 * DAY))]
    writeFileSync(
      CSV,
      execFileSync('iconv', ['-f', 'utf-8', '-t', 'gbk'], { input: `${lines.join('\n')}\n` }),
    )
  })
  afterAll(() => server?.stop())

  it('takes an export in once, masked, with the label of its text', async () => {
    const first = await run('import', CSV)
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringContaining('3 complaints (gbk), 0 rows refused'),
    ])
    expect(first.stderr).toContain('this mapping is not verified with a real export')
    expect(first.stderr).toContain('archived: 3 new, 0 known')
    const again = await run('import', CSV)
    expect(again.stderr).toContain('archived: 0 new, 3 known (0 of them answered since)')
    const stored = await rows('SELECT * FROM complaint JOIN complaint_case USING (id) ORDER BY id')
    expect(stored.map(({ id, recipient, label }) => [id, recipient, label])).toEqual([
      ['12321-A1', '138****8000', 'fraud'],
      ['12321-A2', '138****8000', 'fraud'],
      ['12321-A3', '138****8000', 'fraud'],
    ])
    expect(JSON.stringify(stored)).not.toContain('13800138000')
  })

  it('says which ids have another complaint, in the archive or another file, and lets the first one stand', async () => {
    const [one, other] = ['one.csv', 'other.csv'].map((name) => folder.file(name)) as [string, string]
    const write = (file: string, ...lines: string[]) =>
      writeFileSync(file, `${[HEAD, ...lines].join('\n')}\n`)
    const textsOf = () =>
      rows(
        "SELECT id, text, answered_at FROM complaint JOIN complaint_case USING (id) WHERE id LIKE '12321-C%' ORDER BY id",
      )
    write(one, row('C20261111000017', MADE), row('C20261111000018', MADE))
    write(other, row('C20261111000017', MADE, local(MADE), '【天猫】您好'), row('C20261111000019', MADE))
    const first = await run('import', one, other)
    expect(first.code).toBe(1)
    expect(first.stderr).toContain(
      `${other}:2: id: an earlier file has it for another complaint, which stands\n`,
    )
    expect(first.stderr).toContain('archived: 3 new, 0 known')
    const before = await textsOf()
    write(other, row('C20261111000017', MADE, local(MADE), '【天猫】您好'), row('C20261111000018', MADE))
    const again = await run('import', other)
    expect(again.code).toBe(1)
    expect(again.stderr).toContain(`${other}:2: id: the archive has it for another complaint, which stands\n`)
    expect(`${first.stderr}${again.stderr}`).not.toMatch(/:3: id|C2026/)
    expect(again.stderr).toContain('archived: 0 new, 1 known')
    expect(await textsOf()).toEqual(before)
    const client = await openClient(server.url, 'test')
    for (const table of ['complaint', 'complaint_case'])
      await client.query(`DELETE FROM ${table} WHERE id LIKE '12321-C%'`)
    await client.end()
  })

  it('takes the answer from a later export with another category, a column more, or made with another key', async () => {
    const file = folder.file('answered.csv')
    const made = (columns: Record<string, string>) =>
      writeFileSync(file, `${Object.keys(columns).join(',')}\n${Object.values(columns).join(',')}\n`)
    const D1 = { 举报编号: 'D1', 举报时间: local(MADE), 举报号码: '13800138000', 举报类型: '诈骗' }
    made(D1)
    expect((await run('import', file)).code).toBe(0)
    made({ ...D1, 举报类型: '商业营销', 短信内容: TEXT, 办结时间: local(MADE + DAY) })
    const again = await warmSigwatch(['complaints', 'import', file], {
      env: { ...env, SIGWATCH_PRIVACY_TOKEN_KEY: `${TOKEN_KEY}-2` },
    })
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('1 known (1 of them answered')])
    made({ ...D1, 举报号码: '13900139001' })
    expect((await run('import', file)).code).toBe(1)
    const client = await openClient(server.url, 'test')
    for (const table of ['complaint', 'complaint_case'])
      await client.query(`DELETE FROM ${table} WHERE id = '12321-D1'`)
    await client.end()
  })

  it('takes from a later export when a complaint came, keeps its first row, and stores what PostgreSQL would refuse', async () => {
    const file = folder.file('later.csv')
    const lineOf = (made: number, received: string) =>
      `B1,${local(made)},${received},,+86 10690200001,138 0013 8000,京东,"${TEXT}\0",诈骗`
    const taken = async (made: number, received: string) => {
      writeFileSync(file, `${HEAD}\n${lineOf(made, received)}\n`)
      const { code, stderr } = await run('import', file)
      expect([code, stderr]).toEqual([0, expect.stringContaining('0 rows refused')])
      return rows(
        "SELECT c.ts, c.port, k.received_at FROM complaint c JOIN complaint_case k USING (id) WHERE id = '12321-B1'",
      )
    }
    const made = Math.floor(MADE / 1000) * 1000
    const first = { ts: new Date(made), port: '10690200001' }
    expect(await taken(made, '')).toEqual([{ ...first, received_at: null }])
    const sheet = (await run('deadlines')).stdout.split('\r\n').find((line) => line.startsWith('12321-B1,'))
    expect(sheet).toMatch(/,unknown: counted from the complaint,answered,15,.*,京东,SP1001$/)
    const receivedAt = made + 2 * DAY
    expect(await taken(made + DAY, local(receivedAt))).toEqual([
      { ...first, received_at: new Date(receivedAt) },
    ])
    expect(await taken(made, '')).toEqual([{ ...first, received_at: new Date(receivedAt) }])
    expect((await run('answered', '12321-B1')).code).toBe(0)
  })

  it('tells which deadlines run out, until it is answered', async () => {
    const stored = () =>
      rows('SELECT id, name, days, due_at < ends_at AS is_before FROM complaint_deadline ORDER BY ends_at')
    // Without holidays it shows the dates and stores none of them.
    expect((await run('deadlines')).stderr).toContain('1 overdue')
    expect(await stored()).toEqual([])
    const run1 = await run('deadlines', '--calendar', HOLIDAYS)
    expect([run1.code, run1.stderr]).toEqual([0, expect.stringContaining('1 overdue')])
    expect(run1.stdout).toMatch(/12321-A1,12321,.*,answered,15,.*,overdue,京东,SP1001/)
    expect(run1.stdout).not.toContain('12321-A3')
    expect((await stored())[0]).toEqual({ id: '12321-A1', name: 'answered', days: 15, is_before: true })
    const unknown = await run('answered', '12321-A2', 'nobody')
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('nobody: the archive has no such'),
    ])
    expect((await run('deadlines')).stdout).not.toContain('12321-A2')
  })

  it('refuses an answer before the complaint or in the future, and replaces one only on request', async () => {
    const at = (ms: number) => ['--at', String(ms)]
    const answerOf = async () =>
      (await rows("SELECT answered_at FROM complaint_case WHERE id = '12321-A3'"))[0]!.answered_at
    const before = await answerOf()
    for (const [ms, why] of [
      [MADE - DAY, 'before the complaint was made'],
      [NOW + DAY, 'in the future'],
      [MADE + DAY, '--replace'],
    ] as const) {
      const refused = await run('answered', '12321-A3', ...at(ms))
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(why)])
      expect(await answerOf()).toEqual(before)
    }
    const replaced = await run('answered', '12321-A3', ...at(MADE + DAY), '--replace')
    const noted = new Date(MADE + DAY)
    expect([replaced.code, replaced.stderr]).toEqual([
      0,
      `12321-A3: noted as answered at ${noted.toISOString()}\n`,
    ])
    expect(await answerOf()).toEqual(noted)
    expect((await run('answered', '12321-A3', ...at(MADE + DAY))).code).toBe(0)
  })

  it('makes the table of a month, with what was matched and complaints a million', async () => {
    const month = local(MADE).slice(0, 7)
    const out = folder.file('month.csv')
    const made = await run('table', '--month', month, '--out', out)
    expect(made.code).toBe(0)
    const lines = readFileSync(out, 'utf8').split('\r\n')
    const cells = lines[1]!.split(',')
    expect(cells.slice(0, 3)).toEqual([month, '京东', 'SP1001'])
    expect(cells.slice(4, 6)).toEqual(['fraud', '诈骗'])
    const complaints = Number(cells[6])
    expect([complaints, cells[7]]).toEqual([complaints, String(complaints)])
    expect(Number(cells[9])).toBeCloseTo((1e6 * complaints) / Number(cells[8]), 0)
    const chinese = await warmSigwatch(['complaints', 'table', '--month', month], {
      env: { ...env, SIGWATCH_LOCALE: 'zh-CN' },
    })
    expect(chinese.stdout).toContain('百万投诉率')
  })

  it('is part of the report', async () => {
    const range = ['--from', String(MADE - 2 * DAY), '--to', String(NOW)]
    const report = await warmSigwatch(['report', ...range], { env })
    expect(report.code).toBe(0)
    expect(report.stdout).toContain('Complaints by enterprise and template')
    expect(report.stdout).toContain('12321-A1')
    expect(report.stdout).toMatch(/overdue/)
    expect(report.stdout).not.toContain('13800138000')
  })

  it('writes lines for the embedded mode, and says what is wrong', async () => {
    const out = folder.file('complaints.jsonl')
    expect((await run('import', CSV, '--out', out)).code).toBe(0)
    expect(readJsonl<{ id: string }>(out).map(({ id }) => id)).toEqual(['12321-A1', '12321-A2', '12321-A3'])
    const bad = folder.file('bad.csv')
    writeFileSync(bad, `${HEAD}\n${row('A9', MADE)}\nA8,yesterday,,,,,,,\n`)
    const refused = await run('import', bad, '--out', out)
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining(`${bad}:3: ts: is not a time`),
    ])
    expect(readJsonl(out)).toHaveLength(1)
    const none = await run('import', folder.file('none.csv'))
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('ENOENT')])
    const month = await run('table', '--month', '2026-13')
    expect([month.code, month.stderr]).toEqual([2, expect.stringContaining('YYYY-MM')])
  })

  it('names the rows that the archive does not take for their time', async () => {
    const file = folder.file('odd-times.csv')
    writeFileSync(file, `${[HEAD, row('B1', NOW - 400 * DAY), row('B2', NOW + 400 * DAY)].join('\n')}\n`)
    const { code, stderr } = await run('import', file)
    expect([code, stderr]).toEqual([1, expect.stringContaining('archived: 0 new, 0 known')])
    expect(stderr).toContain(`1 left out: past archive.retention (${file}:2)`)
    expect(stderr).toContain(`${file}:3: ts: is in the future: not archived`)
  })

  it('has a pack of evidence from the archive', async () => {
    const messages = folder.file('messages.jsonl')
    const sent = { id: 'm1', ts: MADE - 3_600_000, from: '10690200001', to: '13800138000', text: TEXT }
    writeFileSync(messages, `${JSON.stringify(sent)}\n`)
    const args = ['--messages', messages, '--out', folder.file('evidence')]
    const pack = await warmSigwatch(['evidence', '--complaint', '12321-A1', ...args], { env })
    expect([pack.code, pack.stderr]).toEqual([0, expect.stringContaining('1 of 1 messages shown')])
    const { complaint } = JSON.parse(readFileSync(pack.stdout.split('\n')[1]!, 'utf8'))
    expect(JSON.stringify(complaint)).toContain(new Date(MADE + DAY).toISOString().slice(0, 10))
    const none = await warmSigwatch(['evidence', '--complaint', 'nope', ...args], { env })
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('the archive (0 rows')])
  })

  it.each([
    [['--number-file', '13800138000'], 'takes a file'],
    [['--number-file', '+86 138-0013-8000'], 'takes a file'],
    [['--number-file', 'two.txt'], 'one line with one number'],
    [['--token', '13800138000'], 'a number goes into a file'],
    [[], '--number-file'],
    [['--number-file', 'one.txt', '--why', 'asked by 13800138000'], '--why: names the person'],
    [['--number-file', 'one.txt', '--ref', '１３８０ ０１３８０００'], '--ref: names the person'],
  ])('is not erased by %j, and the number is not shown', async (args, says) => {
    writeFileSync(folder.file('one.txt'), '13800138000\n')
    writeFileSync(folder.file('two.txt'), '13800138000\n13800138001\n')
    const { code, stdout, stderr } = await warmSigwatch(['archive', 'erase', ...args], {
      env,
      cwd: folder.path,
    })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/138[- ]?0013|１３８/)
  })

  it('is erased with the person, whose number is read from a file, and the order is recorded without it', async () => {
    writeFileSync(folder.file('number.txt'), '\uFEFF+86 １３８-0013-8000\r\n')
    const order = ['--by', 'ann', '--why', 'request of the subscriber', '--ref', 'R-17']
    const args = ['archive', 'erase', '--number-file', folder.file('number.txt'), ...order]
    // The complaints were tokenised with the key that is the previous one now.
    const rotated = {
      ...env,
      SIGWATCH_PRIVACY_TOKEN_KEY: `2:${'k'.repeat(40)}`,
      SIGWATCH_PRIVACY_PREVIOUS_TOKEN_KEYS: `1:${TOKEN_KEY}`,
    }
    const erased = await warmSigwatch(args, { env: rotated })
    expect(erased.code, erased.stderr).toBe(0)
    expect(JSON.parse(erased.stdout).complaints).toBe(4)
    const recorded = await rows('SELECT ordered_by, why, ref, rows FROM erasure ORDER BY rows DESC')
    const by = { ordered_by: 'ann', why: 'request of the subscriber', ref: 'R-17' }
    expect(recorded).toEqual([
      { ...by, rows: expect.any(Number) },
      { ...by, rows: 0 },
    ])
    expect(await rows("SELECT who, subject FROM access_log WHERE what = 'erase'")).toEqual([
      { who: 'ann', subject: 'R-17; request of the subscriber' },
    ])
    expect(await rows('SELECT id FROM complaint_case')).toEqual([])
  })

  it('does not come back with the same export, nor from the topic', async () => {
    const file = folder.file('later-export.csv')
    const lines = [row('A1', MADE, local(MADE + DAY)), row('A2', NOW - DAY), row('A4', NOW - DAY)]
    writeFileSync(file, `${[HEAD, ...lines].join('\n')}\n`)
    const again = await run('import', file)
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('archived: 1 new, 0 known')])
    expect(again.stderr).toContain('2 left out: erased with the person')
    const record = { id: '12321-A1', ts: MADE, source: '12321', to: '13800138000' }
    await seedArchive(server.url, [['complaints', record]], { topic: 'again' })
    for (const table of ['complaint', 'complaint_case'])
      expect(await rows(`SELECT id FROM ${table}`)).toEqual([{ id: '12321-A4' }])
    expect(JSON.stringify(await rows('SELECT * FROM erased_complaint'))).not.toContain('A1')
  })
})
