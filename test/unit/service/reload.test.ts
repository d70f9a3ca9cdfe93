import { copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Assets, openAssets, SHIPPED_MODEL } from '../../../src/detection/versions/assets.ts'
import type { Event } from '../../../src/domain/events.ts'
import type { Versioned } from '../../../src/domain/versions.ts'
import { Refusals } from '../../../src/service/refusals.ts'
import { fileStampsOf, Reloader } from '../../../src/service/reload.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { until } from '../../helpers/recording-handler.ts'

const folder = useFolder()
const POLICY = folder.file('policy.yaml')
const REGISTRY = folder.file('registry.yaml')
const RULES = folder.file('rules.yaml')
const MODEL = folder.file('model')

const registryWith = (port: string) => `
signatures:
  - {name: 星河商城, sp: SP1, ports: ["${port}"], scope: [marketing]}
`

const rulesWith = (code: string) =>
  `rules: [{code: ${code}, when: "link:any", says: {en: x, zh-CN: y}, because: z, example: a.cn, nearMiss: b}]\n`

const CHECK_EVERY = 40
const SETTLE = 20

describe('reloading while the service runs', () => {
  let events: Event[]
  let adopted: Versioned[]
  let assets: Assets
  let reloader: Reloader
  let refusals: Refusals
  let fails: Error | undefined

  const named = (name: Event['name']) => events.filter((event) => event.name === name)
  const refused = () => named('reload_refused') as Extract<Event, { name: 'reload_refused' }>[]

  beforeEach(async () => {
    writeFileSync(POLICY, 'mode: enforce\n')
    writeFileSync(REGISTRY, registryWith('106901'))
    writeFileSync(RULES, rulesWith('OP_A'))
    rmSync(MODEL, { recursive: true, force: true })
    cpSync(SHIPPED_MODEL, MODEL, { recursive: true })
    events = []
    adopted = []
    fails = undefined
    const { config } = loadConfig({
      env: {},
      folder: folder.path,
      overrides: { policy: POLICY, rules: RULES, registry: REGISTRY, model: MODEL },
      serving: false,
    })
    refusals = new Refusals()
    const emit = (event: Event) => {
      refusals.take(event)
      events.push(event)
    }
    assets = await openAssets(config, emit)
    events.length = 0
    reloader = new Reloader({
      config,
      assets,
      adopt: async (what) => {
        if (fails) throw fails
        adopted.push(what)
      },
      emit,
      refusals,
      checkEvery: CHECK_EVERY,
      settle: SETTLE,
    })
    reloader.start()
  })

  afterEach(async () => {
    await reloader.stop()
    assets.classifier.close()
  })

  /** Long enough for several looks. */
  const looks = () => sleep(8 * CHECK_EVERY)

  it('takes a changed policy whole and has it put in force once', async () => {
    const before = assets.policy.current
    writeFileSync(POLICY, 'mode: shadow\n')
    await until(() => adopted.length > 0)
    expect(assets.policy.current.mode).toBe('shadow')
    expect(assets.policy.current.hash).not.toBe(before.hash)
    await looks()
    expect(adopted).toEqual(['policy'])
    expect(named('policy_loaded')).toEqual([{ name: 'policy_loaded', hash: assets.policy.current.hash }])
  })

  it('says on SIGHUP that nothing has changed, and nothing where something has', async () => {
    process.emit('SIGHUP')
    await until(() => events.length > 0)
    await looks()
    expect(events).toEqual([{ name: 'reload_unchanged' }])
    writeFileSync(POLICY, 'mode: shadow\n')
    process.emit('SIGHUP')
    await until(() => adopted.length > 0)
    writeFileSync(POLICY, 'mode: shade\n')
    process.emit('SIGHUP')
    await until(() => refused().length > 0)
    await looks()
    expect(named('reload_unchanged')).toHaveLength(1)
  })

  it('keeps the old policy when the new one is wrong, says so once with the place, and takes the corrected one', async () => {
    const before = assets.policy.current
    writeFileSync(POLICY, 'mode: enforce\ncodes:\n  MARKETING_BURST: {action: blok}\n')
    await until(() => refused().length > 0)
    await looks()
    expect(refused()).toHaveLength(1)
    expect(refused()[0]).toMatchObject({ what: 'policy' })
    expect(refused()[0]!.reason).toContain(`${POLICY}:3`)
    expect(refused()[0]!.reason).toContain('blok')
    expect(assets.policy.current).toBe(before)
    expect(adopted).toEqual([])

    writeFileSync(POLICY, 'codes:\n  MARKETING_BURST: {action: block}\n')
    await until(() => adopted.length > 0)
    expect(assets.policy.current.codePolicy('MARKETING_BURST', 0).action).toBe('block')
  })

  it('takes changed own rules with the policy, and keeps the old ones when the new ones are wrong', async () => {
    writeFileSync(RULES, rulesWith('OP_B'))
    await until(() => adopted.length > 0)
    expect(adopted).toEqual(['policy'])
    expect([...assets.policy.current.own!.codes.keys()]).toEqual(['OP_B'])
    expect(named('rules_loaded')).toMatchObject([{ rules: 1, hash: assets.policy.current.own!.hash }])
    writeFileSync(RULES, rulesWith('OP_C').replace('link:any', 'link:ayn'))
    await until(() => refused().length > 0)
    expect(refused()[0]).toMatchObject({
      what: 'rules',
      reason: expect.stringContaining('did you mean "link:any"'),
    })
    await looks()
    expect(adopted).toEqual(['policy'])
    expect([...assets.policy.current.own!.codes.keys()]).toEqual(['OP_B'])
  })

  it('names what is refused until it is read without a fault', async () => {
    const told = async (...whats: string[]) => {
      const named = () => refusals.notes().map((note) => note.split(': a new version is refused')[0])
      await until(() => named().sort().join() === whats.join())
    }
    writeFileSync(REGISTRY, registryWith('+86 1069'))
    await told('registry')
    writeFileSync(POLICY, 'mode: shade\n')
    writeFileSync(RULES, rulesWith('OP_B').replace('link:any', 'link:ayn'))
    await told('policy', 'registry', 'rules')
    expect(refusals.notes().join()).toContain('policy.yaml:1')
    // One is taken while the other is still wrong.
    writeFileSync(POLICY, 'mode: shadow\n')
    await told('registry', 'rules')
    // Back to what is in force: nothing is loaded.
    writeFileSync(RULES, rulesWith('OP_A'))
    await told('registry')
    writeFileSync(REGISTRY, registryWith('106901'))
    await told()
    expect(adopted).toEqual(['policy'])
  })

  it('takes a registry that lost most of its rows on SIGHUP alone', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `  - {name: 店${i}, ports: ["1069${i + 10_000}"]}`)
    writeFileSync(REGISTRY, `signatures:\n${rows.join('\n')}\n`)
    await until(() => adopted.length > 0)
    writeFileSync(REGISTRY, `signatures:\n${rows.slice(0, 3).join('\n')}\n`)
    await until(() => refused().length > 0)
    await looks()
    expect(refused()).toMatchObject([{ what: 'registry', reason: expect.stringContaining('SIGHUP') }])
    expect(assets.registry.current.signature('店39')).toBeDefined()
    process.kill(process.pid, 'SIGHUP')
    await until(() => adopted.length > 1)
    expect(assets.registry.current.signature('店39')).toBeUndefined()
  })

  it('does nothing for a file that is written again with the same content, or is replaced by a rename', async () => {
    writeFileSync(folder.file('policy.next'), '# the same\nmode: enforce\n')
    renameSync(folder.file('policy.next'), POLICY)
    await looks()
    expect(adopted).toEqual([])
    expect(events).toEqual([])
  })

  it('refuses an edited file that does not name its change, where the policy asks for one', async () => {
    const policy = (change: string, mode = 'enforce') =>
      writeFileSync(POLICY, `${change}requireChange: true\nmode: ${mode}\n`)
    const first = 'change: {by: wu, why: begin}\n'
    policy(first)
    await until(() => adopted.length > 0)
    expect(assets.policy.current.change).toEqual({ by: 'wu', why: 'begin' })
    policy(first, 'shadow')
    await until(() => refused().length > 0)
    expect(refused()[0]!.reason).toContain('change: is that of the version in force')
    writeFileSync(REGISTRY, registryWith('106902'))
    await until(() => refused().length > 1)
    expect(refused()[1]).toMatchObject({ what: 'registry' })
    expect(refused()[1]!.reason).toContain('change: is missing')
    expect(adopted).toEqual(['policy'])

    policy('change: {by: lin, why: trial, ref: CHG-7}\n', 'shadow')
    writeFileSync(REGISTRY, `change: {by: lin, why: a port more}\n${registryWith('106902')}`)
    await until(() => adopted.length > 2)
    expect(assets.policy.current.mode).toBe('shadow')
    expect(assets.registry.current.content?.change).toEqual({ by: 'lin', why: 'a port more' })
  })

  it('asks for a change once more when the policy stops asking for one', async () => {
    writeFileSync(POLICY, 'change: {by: wu, why: begin}\nrequireChange: true\n')
    await until(() => adopted.length > 0)
    writeFileSync(POLICY, 'mode: shadow\n')
    await until(() => refused().length > 0)
    expect(refused()[0]!.reason).toContain('change: is missing')
    expect(assets.policy.current.mode).toBe('enforce')
  })

  it('does not read a file while it is still being written', async () => {
    for (let i = 0; i < 12; i++) {
      writeFileSync(POLICY, `mode: shadow\ncodes:\n  NO_CONSENT: {weight: 0.${i + 10}`)
      await sleep(SETTLE / 2)
    }
    writeFileSync(POLICY, 'mode: shadow\ncodes:\n  NO_CONSENT: {weight: 0.3}\n')
    await until(() => adopted.length > 0)
    expect(refused()).toEqual([])
  })

  it('refuses a file that is gone, and takes it when it is back', async () => {
    rmSync(REGISTRY)
    await until(() => refused().length > 0)
    expect(refused()[0]).toMatchObject({ what: 'registry' })
    writeFileSync(REGISTRY, registryWith('106902'))
    await until(() => adopted.length > 0)
    expect(assets.registry.current.signature('星河商城')?.filings[0]?.ports).toEqual(['106902'])
    expect(adopted).toEqual(['registry'])
  })

  it('keeps the old registry when a row is wrong', async () => {
    const before = assets.registry.current
    writeFileSync(REGISTRY, registryWith('+86 1069'))
    await until(() => refused().length > 0)
    expect(assets.registry.current).toBe(before)
  })

  it('tries again to put in force what it has taken while the store of states is away', async () => {
    fails = new Error('REDIS_UNREACHABLE')
    writeFileSync(REGISTRY, registryWith('106903'))
    await until(() => named('warning').length > 1)
    expect(adopted).toEqual([])
    fails = undefined
    await until(() => adopted.length > 0)
    await looks()
    expect(adopted).toEqual(['registry'])
  })

  it('takes a model of another version and frees the old one only after it was put in force', async () => {
    const before = assets.classifier.current
    rewriteModel((model) => ({ ...model, version: '2' }))
    await until(() => adopted.length > 0)
    expect(assets.classifier.current.id).toBe('sms-zh@2')
    expect(adopted).toEqual(['model'])
    const text = { original: '你好', normalised: '你好' }
    expect(() => before.classify([text])).toThrow('closed')
    expect(assets.classifier.current.classify([text])).toHaveLength(1)
  })

  it('does not free the old model while it is still in force', async () => {
    const before = assets.classifier.current
    fails = new Error('busy')
    rewriteModel((model) => ({ ...model, version: '2' }))
    await until(() => named('warning').length > 0)
    expect(before.classify([{ original: '你好', normalised: '你好' }])).toHaveLength(1)
  })

  it('refuses a model whose weights are damaged', async () => {
    const before = assets.classifier.current
    const weights = readFileSync(`${MODEL}/weights.bin`)
    weights[1000]! ^= 0xff
    writeFileSync(`${MODEL}/weights.bin`, weights)
    await until(() => refused().length > 0)
    expect(refused()[0]).toMatchObject({ what: 'model' })
    expect(refused()[0]!.reason).toContain('damaged')
    expect(assets.classifier.current).toBe(before)
  })

  it('refuses a model that is whole but calls plain messages something else', async () => {
    const before = assets.classifier.current
    const swap = (label: string) =>
      ({ notice: 'fraud', fraud: 'notice' })[label as 'notice' | 'fraud'] ?? label
    rewriteModel((model) => ({ ...model, labels: (model.labels as string[]).map(swap) }))
    await until(() => refused().length > 0)
    expect(refused()[0]!.reason).toMatch(/plain messages wrong: notice as fraud/)
    expect(assets.classifier.current).toBe(before)
    expect(before.classify([{ original: '你好', normalised: '你好' }])).toHaveLength(1)
  })

  it('on SIGHUP reads everything at once, also what did not change since it was refused', async () => {
    writeFileSync(POLICY, 'mode: wrong\n')
    await until(() => refused().length > 0)
    process.emit('SIGHUP')
    await until(() => refused().length > 1)
    expect(refused().map((event) => event.what)).toEqual(['policy', 'policy'])

    await reloader.stop()
    writeFileSync(POLICY, 'mode: shadow\n')
    process.emit('SIGHUP')
    await sleep(100)
    expect(assets.policy.current.mode).toBe('enforce')
  })

  function rewriteModel(change: (model: Record<string, unknown>) => Record<string, unknown>): void {
    const file = `${MODEL}/model.json`
    mkdirSync(folder.file('next'), { recursive: true })
    writeFileSync(
      folder.file('next/model.json'),
      JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))),
    )
    copyFileSync(folder.file('next/model.json'), file)
  }
})

it('keeps a SIGHUP that comes before it has started', async () => {
  writeFileSync(POLICY, 'mode: enforce\n')
  const { config } = loadConfig({
    env: {},
    folder: folder.path,
    overrides: { policy: POLICY },
    serving: false,
  })
  const assets = await openAssets(config, () => {})
  const adopted: Versioned[] = []
  const reloader = new Reloader({
    config,
    assets,
    adopt: async (what) => void adopted.push(what),
    emit: () => {},
  })
  writeFileSync(POLICY, 'mode: shadow\n')
  process.emit('SIGHUP')
  await sleep(50)
  expect(adopted).toEqual([])
  reloader.start()
  await until(() => adopted.length > 0)
  expect(assets.policy.current.mode).toBe('shadow')
  await reloader.stop()
  assets.classifier.close()
})

it('takes what was written after the files were read, and before it was made', async () => {
  writeFileSync(POLICY, 'mode: enforce\n')
  const { config } = loadConfig({
    env: {},
    folder: folder.path,
    overrides: { policy: POLICY },
    serving: false,
  })
  const stamps = fileStampsOf(config)
  const assets = await openAssets(config, () => {})
  writeFileSync(POLICY, 'mode: shadow\n')
  const adopted: Versioned[] = []
  const reloader = new Reloader({
    ...{ config, assets, stamps, emit: () => {}, checkEvery: CHECK_EVERY, settle: SETTLE },
    adopt: async (what) => void adopted.push(what),
  })
  reloader.start()
  await until(() => adopted.length > 0, 5_000)
  expect(assets.policy.current.mode).toBe('shadow')
  await reloader.stop()
  assets.classifier.close()
})
