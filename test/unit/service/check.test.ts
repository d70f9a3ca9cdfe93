import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkCommand } from '../../../src/cli/check.ts'
import { RegistryHolder } from '../../../src/detection/versions/registry-holder.ts'
import { formatProblem, SigwatchError } from '../../../src/domain/errors.ts'
import { type CheckParts, runCheck } from '../../../src/service/check.ts'

const root = mkdtempSync(join(tmpdir(), 'check-'))
let folders = 0

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

const TS = Date.UTC(2026, 10, 1)
const GOOD = {
  'sigwatch.yaml':
    'deployment: east\npolicy: policy.yaml\nregistry: registry.jsonl\nconsents: consents.jsonl\nmodel: m\n',
  'policy.yaml': 'codes: {NO_CONSENT: {action: block}}\n',
  'registry.jsonl': '{"kind":"signature","name":"京东","brand":"jd","ports":["1069*"]}\n',
  'consents.jsonl': `{"signature":"京东","to":"138","state":"in","ts":${TS}}\n`,
}
const parts: CheckParts = { env: {}, inspectModel: async (folder) => `${folder}: model` }

describe('check', () => {
  it('reads the configuration and every file that it names, and says what it read', async () => {
    const folder = folderWith(GOOD)
    const { problems, summary } = await runCheck({}, { ...parts, folder })
    expect(problems).toEqual([])
    expect(summary.map((line) => line.replaceAll(`${folder}/`, ''))).toEqual([
      'sigwatch.yaml: 5 settings given, 0 of them by the environment',
      expect.stringMatching(
        /^policy\.yaml: 1 code changed, 0 periods, 0 exemptions, 0 carriers; mode enforce, hash [0-9a-f]{12}$/,
      ),
      expect.stringMatching(/^registry\.jsonl: 0 brands, 1 signature, 0 ports; hash [0-9a-f]{12}$/),
      'consents.jsonl: 1 row of consents',
      'm: model',
    ])
  })

  it('says the hash of the registry that the service will say', async () => {
    const folder = folderWith(GOOD)
    const { summary } = await runCheck({}, { ...parts, folder })
    const { current } = new RegistryHolder(`${folder}/registry.jsonl`, () => {})
    expect(summary.find((line) => line.includes('registry.jsonl'))).toContain(`hash ${current.hash}`)
  })

  it('warns of codes that the mode of the whole keeps in shadow', async () => {
    const policy =
      'mode: shadow\nenforce: [NO_CONSENT]\ncodes: {FORGED_BRAND: {mode: enforce}, NO_CONSENT: {mode: enforce}}\n'
    const folder = folderWith({ 'sigwatch.yaml': 'policy: policy.yaml\n', 'policy.yaml': policy })
    const { problems, summary } = await runCheck({}, { ...parts, folder })
    expect(problems).toEqual([])
    const warnings = summary.filter((line) => line.includes('warning'))
    expect(warnings).toEqual([
      expect.stringContaining(
        'codes.FORGED_BRAND.mode: enforce has no effect under mode: shadow; list it: enforce: [FORGED_BRAND]',
      ),
    ])
  })

  it('names who changed policy and registry, and asks for it where the policy does', async () => {
    const folder = folderWith({
      'policy.yaml': 'change: {by: wu, why: Double Eleven, ref: CHG-7}\nrequireChange: true\n',
      'named.jsonl':
        '{"kind":"change","by":"lin","why":"a port more"}\n{"kind":"port","port":"106901","sp":"SP1"}\n',
      'unnamed.jsonl': '{"kind":"port","port":"106901","sp":"SP1"}\n',
      'silent.yaml': 'requireChange: true\n',
      'empty.yaml': 'change: {by: wu}\n',
    })
    const policy = join(folder, 'policy.yaml')
    const named = await runCheck({ policy, registry: join(folder, 'named.jsonl') })
    expect(named.problems).toEqual([])
    expect(named.summary[0]).toMatch(/changed by wu: Double Eleven \(CHG-7\)$/)
    expect(named.summary[1]).toMatch(/changed by lin: a port more$/)
    const faults = async (options: object) =>
      (await runCheck(options)).problems.map(({ key, message }) => `${key}: ${message}`)
    expect(await faults({ policy, registry: join(folder, 'unnamed.jsonl') })).toEqual([
      expect.stringMatching(/^change: is missing/),
    ])
    expect(await faults({ policy: join(folder, 'silent.yaml') })).toEqual([
      expect.stringMatching(/^requireChange: asks for a change/),
    ])
    expect(await faults({ policy: join(folder, 'empty.yaml') })).toEqual([expect.stringContaining('why')])
  })

  it('is content with nothing: the shipped policy and brand list', async () => {
    const { problems, summary } = await runCheck({}, { ...parts, folder: folderWith({}) })
    expect(problems).toEqual([])
    expect(summary).toEqual([
      'configuration: no file: 0 settings given, 0 of them by the environment',
      expect.stringContaining('policy: the shipped one; mode enforce'),
      expect.stringContaining('registry: none, the shipped brand list serves'),
    ])
  })

  it('gathers the faults of all files, each with its place', async () => {
    const folder = folderWith({
      'sigwatch.yaml':
        'deploiment: x\npolicy: policy.yaml\nregistry: registry.yaml\nconsents: consents.jsonl\nreplies: none.jsonl\n',
      'policy.yaml': '\nmode: of\n',
      'registry.yaml': 'ports: [{port: x}]\n',
      'consents.jsonl': '\n\n{}\n',
    })
    const { problems } = await runCheck({}, { ...parts, folder, env: { SIGWATCH_X: '1' } })
    const said = problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''))
    expect(said).toEqual([
      expect.stringMatching(/^sigwatch\.yaml:1: deploiment: unknown key; did you mean "deployment"\?/),
      expect.stringMatching(/^environment: SIGWATCH_X: unknown variable/),
      expect.stringMatching(/^policy\.yaml:2: mode: "of" is not allowed.*\(allowed: enforce, shadow\)$/),
      expect.stringMatching(/^registry\.yaml:1: ports\[0\]\.port: "x" is not allowed/),
      expect.stringMatching(/^consents\.jsonl:3: signature: is missing/),
      'none.jsonl: the file does not exist',
    ])
  })

  it('checks the calendar of the desk', async () => {
    const folder = folderWith({
      'sigwatch.yaml': 'desk: {calendar: days.yaml}\n',
      'days.yaml': 'workdays: [2026-10-07]\n',
    })
    const { problems } = await runCheck({}, { ...parts, folder })
    expect(problems).toEqual([
      {
        file: join(folder, 'days.yaml'),
        line: 1,
        key: 'workdays[0]',
        message: expect.stringContaining('Sunday'),
      },
    ])
  })

  it('warns of each command that has settings and would refuse to start, with the reason', async () => {
    const key = `privacy: {tokenKey: "${'k'.repeat(32)}"}\nkafka: {brokers: ["127.0.0.1:9092"]}\n`
    const warnings = async (yaml: string) => {
      const folder = folderWith({ 'sigwatch.yaml': key + yaml })
      const { problems, summary } = await runCheck({}, { ...parts, folder })
      expect(problems).toEqual([])
      return summary.filter((line) => line.includes('would not start'))
    }
    expect(
      await warnings(
        'blocker: {failure: closed}\nnotify: {least: block}\ndesk: {port: 9470}\narchive: {sample: 0.1}\n',
      ),
    ).toEqual([
      expect.stringMatching(
        /^warning: `sigwatch archive` would not start with this: no database: .*archive\.url/,
      ),
      expect.stringMatching(
        /^warning: `sigwatch blocker` would not start .*no token may decide: .*may: \[decide\]/,
      ),
      expect.stringMatching(/^warning: `sigwatch desk` would not start .*no login .*desk\.tokens/),
      expect.stringMatching(
        /^warning: `sigwatch notify` would not start .*notify\.alertmanagers: is missing/,
      ),
    ])
    const token = (may: string) => `[{name: a, token: ${'t'.repeat(24)}, may: ${may}}]`
    expect(
      await warnings(
        `blocker: {failure: closed}\nhttp: {tokens: ${token('[decide]')}}\nnotify: {alertmanagers: ["http://127.0.0.1:9093"]}\n` +
          `desk: {tokens: ${token('read')}}\narchive: {url: "postgres://127.0.0.1/x"}\n`,
      ),
    ).toEqual([])
    expect(await warnings('')).toEqual([])
  })

  it('checks only what is given when no configuration is', async () => {
    const folder = folderWith({ ...GOOD, 'sigwatch.yaml': 'nonsense: 1\n' })
    const { problems, summary } = await runCheck(
      { policy: join(folder, 'policy.yaml') },
      { ...parts, folder },
    )
    expect(problems).toEqual([])
    expect(summary).toHaveLength(1)
  })

  it('lets a file that is given stand for the one that the configuration names', async () => {
    const folder = folderWith({ ...GOOD, 'bad.yaml': 'mode: x\n' })
    const options = { config: join(folder, 'sigwatch.yaml'), policy: join(folder, 'bad.yaml') }
    const { problems } = await runCheck(options, parts)
    expect(problems.map((problem) => problem.file)).toEqual([join(folder, 'bad.yaml')])
  })

  it('shows a hundred faulty rows and says how many there are', async () => {
    const folder = folderWith({ 'c.jsonl': '{}\n'.repeat(250) })
    const { problems } = await runCheck({ consents: join(folder, 'c.jsonl') }, parts)
    expect(problems).toHaveLength(101)
    expect(problems.at(-1)?.message).toBe('250 rows are faulty; the first 100 are shown')
  })

  it('says what is wrong with a model', async () => {
    const inspectModel = async () => {
      throw new SigwatchError('MODEL_INVALID', 'weights.bin is cut off')
    }
    const { problems } = await runCheck({ model: 'm' }, { ...parts, inspectModel })
    expect(problems).toEqual([{ file: 'm', message: 'weights.bin is cut off' }])
  })

  it('reaches servers only when asked, and only with a configuration that is right', async () => {
    const connect = vi.fn(async () => ({
      summary: ['kafka: 3 brokers'],
      problems: [{ file: 'redis', message: 'no answer' }],
    }))
    const folder = folderWith({ 'sigwatch.yaml': 'deployment: a\n', 'bad.yaml': 'deployment: 1\n' })
    await runCheck({}, { ...parts, folder, connect })
    expect(connect).not.toHaveBeenCalled()
    const bad = await runCheck({ config: join(folder, 'bad.yaml'), connect: true }, { ...parts, connect })
    expect(connect).not.toHaveBeenCalled()
    expect(bad.summary).toContain('servers: not checked, because the configuration has errors')
    const good = await runCheck({ connect: true }, { ...parts, folder, connect })
    expect(good.summary).toContain('kafka: 3 brokers')
    expect(good.problems).toEqual([{ file: 'redis', message: 'no answer' }])
  })

  it('mentions exemptions that have ended', async () => {
    const folder = folderWith({
      'p.yaml':
        'exemptions: [{target: "port:1069", codes: [PORT_SUBLET], until: 2020-01-01T00:00Z, by: li, why: test}]\n',
    })
    const { summary } = await runCheck({ policy: join(folder, 'p.yaml') }, parts)
    expect(summary.at(-1)).toContain('the exemption of port:1069 by li ended at 2020-01-01T00:00Z')
  })
})

describe('the command', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    process.exitCode = undefined
  })

  async function run(...argv: string[]): Promise<{ said: string; data: string; code: unknown }> {
    let said = ''
    let data = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += text
      return true
    })
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      data += text
      return true
    })
    await checkCommand(parts).parseAsync(argv, { from: 'user' })
    return { said, data, code: process.exitCode }
  }

  it('exits 2 and prints the place when something is wrong', async () => {
    const file = join(folderWith({ 'p.yaml': '\nmode: x\n' }), 'p.yaml')
    const { said, data, code } = await run('--policy', file)
    expect(said).toContain(`${file}:2: mode: "x" is not allowed (allowed: enforce, shadow)\n1 error found\n`)
    expect([data, code]).toEqual(['', 2])
  })

  it('exits 0 and reports what it read when there are no errors', async () => {
    const file = join(folderWith({ 'p.yaml': 'mode: shadow\n' }), 'p.yaml')
    const { said, code } = await run('--policy', file)
    expect(said).toMatch(/mode shadow, hash [0-9a-f]{12}\nno errors\n$/)
    expect(code).toBeUndefined()
  })

  it('counts the warnings that it printed', async () => {
    const file = join(folderWith({ 'p.yaml': 'enforce: [NO_CONSENT]\n' }), 'p.yaml')
    const { said, code } = await run('--policy', file)
    expect(said).toMatch(/warning: enforce goes with mode: shadow.*\nno errors, 1 warning\n$/)
    expect(code).toBeUndefined()
  })
})
