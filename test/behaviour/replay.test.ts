import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Report } from '../../src/offline/replay/report.ts'
import { assertHidden, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { readJsonl, useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { until } from '../helpers/recording-handler.ts'
import { checkedAlert } from '../helpers/schema.ts'
import { type CommandResult, MAIN } from '../helpers/service.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'
import { REGISTRY, recipient } from './fixtures/registry.ts'

const SALE = '【示例会员店】双十一全场五折，满300减80，领券戳 vip.example/s 拒收请回复R'
const NEWS = '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。'
const NOW = String(NOON + 24 * HOUR)

/** Two an hour and one at noon without consent, and notices all the time. */
const MESSAGES: readonly Sms[] = Array.from({ length: 120 }, (_, i) => {
  const ts = NOON - 2 * HOUR + i * MINUTE
  const sale = i % 30 === 0
  return {
    id: `m${i}`,
    ts,
    from: sale ? '10690400001' : '10690200001',
    to: recipient(i),
    text: sale ? SALE : NEWS,
  }
})

const SOURCE = ['--source', 'messages.jsonl', '--now', NOW]
const AGAINST = ['--against', 'verdicts.jsonl']
const BLOCK = ['--policy', 'block.yaml']

describe('sigwatch replay', () => {
  const folder = useFolder()
  const { file } = folder

  beforeAll(async () => {
    writeJsonl(file('messages.jsonl'), MESSAGES)
    writeFileSync(file('registry.yaml'), stringify(REGISTRY))
    writeFileSync(file('sigwatch.yaml'), 'registry: registry.yaml\n')
    writeFileSync(file('bare.yaml'), '{}\n')
    writeFileSync(file('block.yaml'), 'codes:\n  NO_CONSENT: {action: block}\n')
    writeFileSync(file('off.yaml'), 'codes:\n  NO_CONSENT: {action: none}\n')
    const { code, stderr } = await warmSigwatch(
      [
        'run',
        '--source',
        'messages.jsonl',
        '--alerts',
        'alerts.jsonl',
        '--verdicts',
        'verdicts.jsonl',
        '--now',
        NOW,
      ],
      { cwd: folder.path },
    )
    expect(code, stderr).toBe(0)
  })

  const replay = (...args: readonly string[]): Promise<CommandResult> =>
    warmSigwatch(['replay', ...args], { cwd: folder.path })
  const report = async (...args: readonly string[]): Promise<Report> => {
    const { code, stdout, stderr } = await replay(...SOURCE, '--json', ...args)
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as Report
  }

  it('under the same versions differs in nothing, from verdicts that were written and from a second run', async () => {
    for (const against of [AGAINST, []]) {
      const found = await report(...against)
      expect(found).toMatchObject({ records: 120, compared: 120, changed: 0, byCode: {}, degraded: 0 })
      expect(found.versions.against === undefined).toBe(against.length > 0)
    }
  })

  it('says which side has no signature rows, what follows and what to do', async () => {
    const { stderr } = await replay(...SOURCE, '--registry', 'registry.yaml', '--config', 'bare.yaml')
    expect(stderr).toMatch(
      /^replay: the side as configured now, to compare with: the registry has no signatures: .* are off, so all of their findings count as new; name the registry .*--against/m,
    )
    expect(stderr).not.toMatch(/^replay: the side that is tried: the registry/m)
  })

  it('says what a policy would newly ask for and what it would release', async () => {
    const none = { block: 0, throttle: 0, review: 0, observe: 0 }
    for (const against of [AGAINST, []]) {
      const stronger = await report(...BLOCK, ...against)
      expect(stronger).toMatchObject({ changed: 4, newly: { ...none, block: 4 }, released: none })
      // The code applies as it did: only what it asks for is another.
      expect(stronger.byCode).toEqual({})
      const weaker = await report('--policy', 'off.yaml', ...against)
      expect(weaker).toMatchObject({ changed: 4, newly: none, released: { ...none, review: 4 } })
      expect(weaker.bySender).toEqual([{ sender: '示例会员店@10690400001', raised: 0, released: 4 }])
    }
  })

  it('judges a sample of the senders, each whole, and says what that says of all', async () => {
    const many = Array.from({ length: 400 }, (_, i) => ({
      id: `s${i}`,
      ts: NOON - HOUR + i * 1000,
      from: `106904${String(i % 80).padStart(5, '0')}`,
      to: recipient(500 + i),
      text: i % 80 < 40 ? SALE : NEWS,
    }))
    writeJsonl(file('many.jsonl'), many)
    const sampled = async (...args: readonly string[]) => {
      const asked = ['--source', 'many.jsonl', '--now', NOW, '--policy', 'block.yaml', ...args]
      const { code, stdout, stderr } = await replay(...asked)
      expect(code, stderr).toBe(0)
      return stdout
    }
    const json = async (...args: readonly string[]) => JSON.parse(await sampled('--json', ...args)) as Report
    const whole = await json()
    expect(whole.sample).toBeUndefined()
    const drawn = await json('--sample', '50%', '--verdicts', 'drawn.jsonl')
    const { senders, population, estimates } = drawn.sample!
    expect(population).toBe(400)
    expect([senders * 5, drawn.compared]).toEqual([drawn.records, drawn.records])
    expect(senders).toBeGreaterThan(25)
    expect(senders).toBeLessThan(55)
    const ports = new Map(many.map(({ id, from }) => [id, from]))
    const judged = readJsonl<Verdict>(file('drawn.jsonl')).map(({ id }) => ports.get(id))
    expect(new Set(judged).size).toBe(senders)
    const { low, high } = estimates['newly.block']!.records
    expect(low).toBeLessThanOrEqual(whole.newly.block)
    expect(high).toBeGreaterThanOrEqual(whole.newly.block)
    expect(whole.newly.block).toBeGreaterThan(0)
    const exact = await json('--sample', '100%')
    expect(exact.sample!.estimates['newly.block']!.records).toEqual({
      ...{ value: whole.newly.block, low: whole.newly.block, high: whole.newly.block },
    })
    const table = await sampled('--sample', '50%')
    expect(table).toMatch(
      /^a sample of 50% of the senders: \d+ compared, \d+ of 400 records\. Of all of them:$/m,
    )
    expect(table).toMatch(/^newly\.block +\d+\.\d{3}% +\d+\.\d{3}% to \d+\.\d{3}% +\d+ +\d+ to \d+$/m)
    for (const wrong of ['50', '0%', '101%', '-1%', 'x%'])
      expect((await replay('--source', 'many.jsonl', `--sample=${wrong}`)).code, wrong).toBe(2)
  })

  it('compares a sample with the verdicts that were written of all', async () => {
    const found = await report(...BLOCK, ...AGAINST, '--sample', '50%', '--seed', '3')
    expect(found).toMatchObject({ compared: found.records, unmatched: 0 })
    expect([120, 4, 116]).toContain(found.records)
  })

  it('judges by consents of that time, on both sides', async () => {
    const consents = MESSAGES.filter(({ text }) => text === SALE).map(({ to, ts }) => ({
      ...{ signature: '示例会员店', to, state: 'in', ts: Number(ts) - HOUR, proof: 'form' },
    }))
    writeJsonl(file('consents.jsonl'), consents)
    const given = ['--consents', 'consents.jsonl']
    const found = await report(...AGAINST, ...given)
    expect(found.byCode).toEqual({ NO_CONSENT: { raised: 0, released: 4 } })
    expect((await report(...given, ...BLOCK)).changed).toBe(0)
  })

  it('shows examples and a table without a recipient', async () => {
    const { code, stdout, stderr } = await replay(...SOURCE, ...BLOCK, ...AGAINST)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^120 records, 120 compared: 4 judged otherwise \(3\.333%\)$/m)
    expect(stdout).toMatch(/^block +4 \(3\.333%\) +0$/m)
    expect(stdout).toMatch(/^ {4}was review, marketing: .*NO_CONSENT/m)
    for (const { to } of MESSAGES) assertHidden(to, stdout + stderr)
  })

  it('compares only the range: records before it warm up, and earlier ones are left out', async () => {
    const from = ['--from', String(NOON - HOUR), '--to', String(NOON - HOUR / 2)]
    const found = await report(...from, ...BLOCK)
    expect(found).toMatchObject({ records: 30, compared: 30, changed: 1 })
    expect(await report(...from, '--warm-up', '0', ...BLOCK)).toMatchObject({ records: 30 })
  })

  it('reads a dump in the order of event time: sorted or shuffled, the outcome is the same', async () => {
    const shuffled = MESSAGES.map((message, i) => [(i * 77) % 120, message] as const)
      .sort(([a], [b]) => a - b)
      .map(([, message]) => message)
    writeJsonl(file('first.jsonl'), shuffled.slice(0, 50))
    writeJsonl(file('second.jsonl'), shuffled.slice(50))
    await report('--verdicts', 'sorted-out.jsonl')
    const { code, stderr } = await replay(
      ...['--source', 'first.jsonl', 'second.jsonl', '--now', NOW, '--verdicts', 'shuffled-out.jsonl'],
    )
    expect(code, stderr).toBe(0)
    const told = (name: string) => readJsonl<Verdict>(file(name)).map(({ decidedAt: _, ...rest }) => rest)
    expect(told('shuffled-out.jsonl')).toEqual(told('sorted-out.jsonl'))
    expect(told('sorted-out.jsonl')).toHaveLength(120)
  })

  it('counts degraded verdicts and records that cannot be read apart', async () => {
    const verdicts = readJsonl<Verdict>(file('verdicts.jsonl'))
    writeJsonl(
      file('degraded.jsonl'),
      verdicts.slice(1).map((verdict, i) => (i < 10 ? { ...verdict, degraded: true } : verdict)),
    )
    writeJsonl(file('broken.jsonl'), [...MESSAGES, '{"id":'])
    const { stdout } = await replay(
      ...['--source', 'broken.jsonl', '--now', NOW, '--against', 'degraded.jsonl', '--json'],
    )
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ records: 121, compared: 109, degraded: 10, unmatched: 1, deadLetters: 1, changed: 0 },
    })
  })

  it('keeps the alerts that it would raise, under a source of its own', async () => {
    await report('--alerts', 'replayed.jsonl', ...BLOCK)
    const alerts = readJsonl<Alert>(file('replayed.jsonl')).map(checkedAlert)
    const before = readJsonl<Alert>(file('alerts.jsonl'))
    expect(alerts.filter(({ data }) => data.action === 'block')).toHaveLength(4)
    expect(new Set(alerts.map(({ source }) => source))).toEqual(new Set(['/sigwatch/default/replay']))
    expect(alerts.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  })

  it('exits 3 when a condition holds, and 1 when none of the records was compared', async () => {
    const run = (...args: readonly string[]) => replay(...SOURCE, ...BLOCK, ...args)
    const failed = await run('--fail-on', 'newly.block > 0.1%')
    expect(failed.code, failed.stderr).toBe(3)
    expect(failed.stderr).toContain('newly.block > 0.1%: holds, newly.block is 3.333%')
    expect((await run('--fail-on', 'newly.block > 4', 'released > 0')).code).toBe(0)
    const [first] = readJsonl<Verdict>(file('verdicts.jsonl'))
    writeJsonl(file('others.jsonl'), [{ ...first, id: 'of another day' }])
    const none = await run('--against', 'others.jsonl', '--fail-on', 'newly.block > 0')
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('nothing was compared, so --fail-on was not checked')
  })

  it('says of a range without records that nothing was compared, and exits 0', async () => {
    for (const against of [AGAINST, []]) {
      const empty = [...SOURCE, ...BLOCK, ...against, '--from', String(NOON + HOUR)]
      const { code, stdout, stderr } = await replay(...empty, '--json', '--fail-on', 'newly.block > 0')
      expect(code, stderr).toBe(0)
      expect(stderr).toContain('replay: nothing was compared: the range has no records')
      expect(JSON.parse(stdout)).toMatchObject({ records: 0, compared: 0, changed: 0 })
    }
  })

  it('draws cases to judge, the same for a seed, and reads the judgements back', async () => {
    const draw = async (seed: string) => {
      await report('--review-sheet', '2', '--out', 'sheet.csv', '--seed', seed)
      return readFileSync(file('sheet.csv'), 'utf8')
    }
    const sheet = await draw('7')
    expect(await draw('7')).toBe(sheet)
    const rows = sheet.split('\r\n').filter((line) => line.startsWith('NO_CONSENT,'))
    expect(rows).toHaveLength(2)
    for (const { to } of MESSAGES) assertHidden(to, sheet)

    let next = 0
    const words = ['right', 'wrong']
    writeFileSync(
      file('judged.csv'),
      sheet.replaceAll(/^(NO_CONSENT,.*),\r$/gm, (_, line: string) => `${line},${words[next++]}\r`),
    )
    const { code, stdout, stderr } = await replay('--judged', 'judged.csv', '--json')
    expect(code, stderr).toBe(0)
    const { NO_CONSENT: found, ...others } = JSON.parse(stdout)
    expect(found).toMatchObject({ judged: 2, right: 1, open: 0, precision: { share: 0.5 } })
    // Wilson's interval of 1 in 2.
    expect(found.precision.low).toBeCloseTo(0.0945, 4)
    expect(found.precision.high).toBeCloseTo(0.9055, 4)
    for (const code of Object.values<{ judged: number }>(others)) expect(code.judged).toBe(0)
    expect((await replay('--judged', 'judged.csv')).stdout).toMatch(
      /^NO_CONSENT +2 +1 +0 +50\.0% +9\.5% to 90\.5%$/m,
    )
  })

  it('goes on where it was interrupted, as if it had not been', async () => {
    const args = [...SOURCE, ...BLOCK, ...AGAINST]
    const whole = await report(...BLOCK, ...AGAINST, '--verdicts', 'whole.jsonl')
    const resumed = [...args, '--json', '--verdicts', 'pieces.jsonl', '--resume', 'place.json']
    const child = spawn(process.execPath, [MAIN, 'replay', ...resumed, '--rate', '20'], { cwd: folder.path })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await until(() => /to judge/.test(said), 60_000)
    await until(() => readJsonl(file('pieces.jsonl')).length >= 10, 60_000)
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code, said).toBe(1)
    expect(said).toContain('interrupted; repeat the command to go on from place.json')
    const { next } = JSON.parse(readFileSync(file('place.json'), 'utf8')) as { next: number }
    expect(next).toBeGreaterThanOrEqual(10)
    expect(next).toBeLessThan(120)

    const other = await replay(...resumed, '--registry', 'registry.yaml', '--seed', '3')
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('place.json belongs to a replay with other options')

    const { code: ended, stdout, stderr } = await replay(...resumed)
    expect(ended, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual(whole)
    const told = (name: string) => readJsonl<Verdict>(file(name)).map(({ decidedAt: _, ...rest }) => rest)
    expect(told('pieces.jsonl')).toEqual(told('whole.jsonl'))
    expect(existsSync(file('place.json'))).toBe(false)
  }, 240_000)

  it.each([
    [[], /--source/],
    [['--source', 'messages.jsonl', '--offsets', '0:1-2'], /--offsets requires --source kafka/],
    [['--source', 'kafka', '--offsets', '0:5-2'], /is not of the form P:A-B/],
    [['--source', 'kafka'], /KAFKA_BROKERS/],
    [['--source', 'messages.jsonl', '--against', 'nowhere.jsonl'], /nowhere\.jsonl/],
    [['--source', 'messages.jsonl', '--against', 'registry.yaml'], /registry\.yaml:1: no verdict/],
    [['--source', 'messages.jsonl', '--warm-up', 'long'], /--warm-up/],
    [['--source', 'messages.jsonl', '--from', '2026-11-11T00:00'], /--from/],
    [['--source', 'messages.jsonl', '--review-sheet', '5'], /--out/],
    [['--source', 'messages.jsonl', '--verdicts', 'verdicts.jsonl', ...AGAINST], /is given twice/],
    [['--source', 'messages.jsonl', '--fail-on', 'newly.blok > 1'], /did you mean newly\.block/],
    [['--source', 'messages.jsonl', '--policy', 'nowhere.yaml'], /nowhere\.yaml/],
    [['--source', 'messages.jsonl', '--judged', 'judged.csv'], /cannot be combined with --source/],
  ])('refuses %j with 2 and says why', async (args, why) => {
    const { code, stdout, stderr } = await replay(...args)
    expect(code, stderr).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(why)
  })
})
