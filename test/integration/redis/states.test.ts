import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import type { RedisLink } from '../../../src/adapters/redis/link.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import type { Signal } from '../../../src/domain/decision.ts'
import { stateId } from '../../../src/domain/hash.ts'
import { exactClock } from '../../../src/domain/ports.ts'
import { StateManager } from '../../../src/stores/states/manager.ts'
import { StatePublisher } from '../../../src/stores/states/publisher.ts'
import { RedisStateStore } from '../../../src/stores/states/redis.ts'
import { Sweeper } from '../../../src/stores/states/sweeper.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'
import {
  ALERT_OPTIONS,
  MINUTE,
  message,
  policyOf,
  publishing,
  recordingSink,
  SECOND,
  signal,
  T0,
  versionsOf,
} from '../../helpers/state-fixtures.ts'

const clock = exactClock(() => Date.now())

describe.skipIf(!redisServerInstalled())('states on Redis', () => {
  let server: Awaited<ReturnType<typeof startOwnRedis>>
  let prefix = ''
  let made = 0
  const closing: (() => Promise<void>)[] = []

  beforeAll(async () => {
    server = await startOwnRedis()
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })
  afterAll(() => server.stop())

  const fresh = () => {
    prefix = `states-${++made}`
  }

  async function connect(): Promise<RedisLink> {
    const link = connectRedis({
      url: server.url,
      commandTimeout: 2000,
      breaker: { failures: 1000, coolDownMs: 10 },
    })
    closing.push(() => link.close())
    expect(await link.ready(5000)).toBe(true)
    return link
  }

  /** One instance of the service, as far as states go. */
  async function instance({ published = true } = {}) {
    const link = await connect()
    const store = new RedisStateStore({ link, prefix, clock })
    const sink = recordingSink()
    const publisher = new StatePublisher({ store, sink, blocksFrom: 'observe' })
    const alone = new StateManager({
      alerts: ALERT_OPTIONS,
      store,
      versions: versionsOf(() => policyOf()),
      outbox: published ? publisher : { add: () => {} },
      clock,
      lateAfterExpiry: false,
    })
    const manager = publishing(alone, publisher)
    await manager.refresh()
    const apply = (...signals: Partial<Signal>[]) =>
      manager.apply(
        signals.map((over) => {
          const by = signal(over)
          const tipped = message({ id: `at-${by.at}`, ts: by.at })
          return { signal: by, message: tipped, position: tipped.position }
        }),
      )
    return { link, store, sink, publisher, manager, apply }
  }

  const inOrder = (alerts: readonly Alert[]) =>
    [...alerts].sort((a, b) => a.data.state!.revision - b.data.state!.revision)

  it('raises once however many instances see it cross', async () => {
    fresh()
    const all = await Promise.all(Array.from({ length: 6 }, () => instance()))
    await Promise.all(all.map(({ apply }, i) => apply({ level: 2 + i / 100 })))
    const raised = all.flatMap(({ sink }) => sink.alerts())
    expect(raised.map((a) => a.type)).toEqual(['sigwatch.alert.raised'])
    for (const { manager } of all) {
      await expect.poll(() => manager.openStatesFor(message()).length).toBe(1)
    }
  })

  it('keeps revisions without gap or double while instances race', async () => {
    fresh()
    const all = await Promise.all(Array.from({ length: 4 }, () => instance()))
    for (let minute = 0; minute < 12; minute++) {
      const at = T0 + minute * MINUTE
      await Promise.all(all.map(({ apply }) => apply({ at, level: 2 * 1.6 ** minute })))
    }
    await Promise.all(all.map(({ manager }) => manager.sweep(T0 + 30 * MINUTE)))
    const events = inOrder(all.flatMap(({ sink }) => sink.alerts()))
    expect(events.map((a) => a.data.state!.revision)).toEqual(events.map((_, i) => i + 1))
    expect(new Set(events.map((a) => a.id)).size).toBe(events.length)
    expect(events.filter((a) => a.type === 'sigwatch.alert.cleared')).toHaveLength(1)
    expect(events).toHaveLength(13)
    expect(await all[0]!.store.pending(0)).toEqual([])
  })

  it('loses no event of a process that is killed between writing and publishing', async () => {
    fresh()
    const heir = await instance()
    const writer = fileURLToPath(new URL('../../helpers/state-writer.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', writer, prefix], {
      env: { ...process.env, REDIS_URL: server.url },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [, killedBy] = await once(child, 'exit')
    expect(killedBy).toBe('SIGKILL')
    expect(await heir.store.pending(0)).toHaveLength(1)
    expect(await heir.publisher.resend(60_000)).toBe(0)
    expect(await heir.publisher.resend(0)).toBe(1)
    expect(heir.sink.alerts()).toMatchObject([
      { type: 'sigwatch.alert.raised', data: { state: { revision: 1 } } },
    ])
    expect(heir.sink.blocks()).toHaveLength(1)
    expect(await heir.store.pending(0)).toEqual([])
    // The heir goes on with the state where the dead one left it.
    await heir.apply({ at: T0 + MINUTE, level: 9 })
    expect(heir.sink.alerts().at(-1)!.data.state).toMatchObject({ revision: 2, episode: T0 })
  })

  it('lets a suppression win over a raise, whichever comes first', async () => {
    fresh()
    const [a, b] = [await instance(), await instance()]
    const id = stateId('test', 'MARKETING_BURST', { kind: 'signature', id: '京东' })
    // What never rose cannot be released.
    await a.apply({ at: T0 - 60 * MINUTE })
    for (let round = 0; round < 20; round++) {
      const at = T0 + round * 60 * MINUTE
      await Promise.all([a.apply({ at }), b.manager.release(id, at, { by: 'ann', until: at + 30 * MINUTE })])
      const [state] = await a.store.get([id])
      expect(state?.open ?? false).toBe(false)
    }
  })

  it('passes the sweep on when its holder is gone, and ends states by the watermark of all partitions', async () => {
    fresh()
    const [a, b] = [await instance(), await instance()]
    const sweepers = [a, b].map(
      ({ store, manager, publisher }, i) =>
        new Sweeper({
          store,
          manager,
          publisher,
          holder: `instance-${i}`,
          everyMs: 20,
          leaseMs: 300,
          failed: (error) => {
            throw error
          },
        }),
    )
    closing.push(async () => void (await Promise.all(sweepers.map((s) => s.stop()))))
    await a.apply({})
    const report = (partition: number, eventTime: number) => ({
      topic: 't',
      partition,
      eventTime,
      standing: 'current' as const,
    })
    await a.store.reportProgress([report(0, T0 + 60 * MINUTE)])
    await b.store.reportProgress([report(1, T0 + MINUTE)])
    for (const sweeper of sweepers) sweeper.start()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(a.manager.open.size).toBe(1)
    await sweepers[0]!.stop()
    await b.store.reportProgress([report(1, T0 + 10 * MINUTE)])
    await expect.poll(() => a.manager.open.size, { timeout: 3000 }).toBe(0)
    expect(b.manager.open.size).toBe(0)
    const cleared = [...a.sink.alerts(), ...b.sink.alerts()].filter(
      (x) => x.type === 'sigwatch.alert.cleared',
    )
    expect(cleared).toHaveLength(1)
  })

  it('leaves nothing without an end: closed states and suppressions expire, open sets and outboxes empty', async () => {
    fresh()
    const { apply, manager, link, store } = await instance()
    const names = Array.from({ length: 50 }, (_, i) => `s${i}`)
    await apply(
      ...names.map((id) => ({ target: { kind: 'signature' as const, id }, match: { signature: id } })),
    )
    await manager.release([...manager.open][0]!.id, T0, { by: 'ann', until: T0 + MINUTE })
    await manager.sweep(T0 + 6 * MINUTE)
    const keys = (await link.command('KEYS', `*${prefix}:states*`)) as string[]
    // What is known of each place, and its releases, which are deleted a day after their end.
    const ofPlaces = keys.filter((key) => /:(?:given-feedback|feedback|releases)$/.test(key))
    expect(ofPlaces.filter((key) => key.endsWith('feedback')).length).toBeLessThanOrEqual(18)
    const passing = keys.filter((key) => !ofPlaces.includes(key))
    expect(passing.length).toBe(51)
    for (const key of passing) expect(Number(await link.command('PTTL', key))).toBeGreaterThan(23 * 3_600_000)
    expect((await store.versions()).size).toBe(0)
  })

  it('reads the store again after its connection was gone', async () => {
    fresh()
    const [a, b] = [await instance(), await instance()]
    await a.apply({})
    await expect.poll(() => b.manager.open.size).toBe(1)
    // Cuts every subscriber; a writes meanwhile.
    await a.link.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await a.manager.sweep(T0 + 6 * MINUTE)
    await expect.poll(() => b.manager.open.size, { timeout: 10_000 }).toBe(0)
  })

  it('puts the open states back that Redis lost, so that they end as they should', async () => {
    fresh()
    const [a, b] = [await instance(), await instance()]
    await a.apply({})
    await expect.poll(() => b.manager.open.size).toBe(1)
    await a.link.command('FLUSHALL')
    await Promise.all([a.manager.refresh(), b.manager.refresh()])
    expect([...a.manager.open].map(({ revision }) => revision)).toEqual([1])
    expect((await a.store.open()).map(({ revision }) => revision)).toEqual([1])
    await b.manager.sweep(T0 + 6 * MINUTE)
    const cleared = b.sink.alerts()
    expect(cleared.map(({ type }) => type)).toEqual(['sigwatch.alert.cleared'])
    expect(cleared[0]!.data.state).toMatchObject({ revision: 2, cause: 'ended' })
    await expect.poll(() => a.manager.open.size).toBe(0)
    expect(await a.store.open()).toEqual([])
  })

  it('rejects in an outage with an error that can be retried, and works again after', async () => {
    fresh()
    const own = await startOwnRedis()
    const link = connectRedis({
      url: own.url,
      commandTimeout: 200,
      breaker: { failures: 1000, coolDownMs: 10 },
    })
    closing.push(() => link.close())
    await link.ready(5000)
    const store = new RedisStateStore({ link, prefix, clock })
    const port = Number(new URL(own.url).port)
    await store.lease('x', 'a', 1000)
    await own.stop()
    await expect(store.get(['0'.repeat(32)])).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      retry: true,
    })
    const again = await startOwnRedis(port)
    closing.push(() => again.stop())
    await expect
      .poll(() => store.lease('x', 'b', 1000).catch((e: Error) => e.message), { timeout: 10_000 })
      .toBe(true)
  })

  it('reports the rate of writes', async () => {
    fresh()
    const { store, apply } = await instance({ published: false })
    const names = Array.from({ length: 500 }, (_, i) => `s${i}`)
    const started = performance.now()
    await apply(
      ...names.map((id) => ({ target: { kind: 'signature' as const, id }, match: { signature: id } })),
    )
    const ms = performance.now() - started
    console.info(`500 states raised in ${ms.toFixed(0)} ms`)
    expect((await store.versions()).size).toBe(500)
    const read = performance.now()
    expect(await store.open()).toHaveLength(500)
    console.info(`500 states read in ${(performance.now() - read).toFixed(0)} ms`)
    expect(ms).toBeLessThan(20 * SECOND)
  })
})
