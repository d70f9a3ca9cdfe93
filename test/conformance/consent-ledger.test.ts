import { afterAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../src/adapters/redis/client.ts'
import type { ConsentLedger } from '../../src/domain/consent-ledger.ts'
import { memoryLedger } from '../../src/stores/ledgers/memory.ts'
import { redisLedger } from '../../src/stores/ledgers/redis.ts'
import { redisServerInstalled, startOwnRedis } from '../helpers/redis-server.ts'

const DAY = 86_400_000
const T = Date.UTC(2026, 10, 11)

/** What every ConsentLedger holds. */
export function conformsToConsentLedger(
  name: string,
  open: () => Promise<ConsentLedger>,
  close = async () => {},
) {
  describe(`consent ledger: ${name}`, () => {
    afterAll(close)

    it('keeps the last two changes of a pair, newest first', async () => {
      const ledger = await open()
      await ledger.apply([{ signature: '京东', to: '13800138000', state: 'in', ts: T }])
      await ledger.apply([{ signature: '京东', to: '13800138000', state: 'out', ts: T + 2000 }])
      await ledger.apply([
        { signature: '京东', to: '13800138000', state: 'in', ts: T + 1000, proof: 'default' },
      ])
      const [known, unknown] = await ledger.lookup([
        { signature: '京东', to: '13800138000' },
        { signature: '京', to: '东13800138000' },
      ])
      expect(known).toEqual([
        { state: 'out', ts: T + 2000 },
        { state: 'in', ts: T + 1000, proof: 'default' },
      ])
      expect(unknown).toEqual([])
    })

    it('forgets a pair that is erased, and no other', async () => {
      const ledger = await open()
      const [a, b] = [
        { signature: '京东', to: '13800138001' },
        { signature: '京东', to: '13800138002' },
      ]
      await ledger.apply([
        { ...a, state: 'out', ts: T },
        { ...b, state: 'out', ts: T },
      ])
      await ledger.erase([a])
      expect(await ledger.lookup([a, b])).toEqual([[], [{ state: 'out', ts: T }]])
    })

    it('reads the change before from a compacted row', async () => {
      const ledger = await open()
      const was = { state: 'in' as const, ts: T - DAY }
      await ledger.apply([{ signature: '淘宝', to: '13900139000', state: 'out', ts: T, was }])
      expect(await ledger.lookup([{ signature: '淘宝', to: '13900139000' }])).toEqual([
        [{ state: 'out', ts: T }, was],
      ])
    })

    it('knows the last four signatures that a port sent to a subscriber, for 90 days', async () => {
      const ledger = await open()
      const sent = (signature: string, ts: number) => ({ port: '10690001', to: '13700137000', signature, ts })
      await ledger.remember(['甲', '乙', '丙', '丁', '戊'].map((s, i) => sent(s, T + i)))
      await ledger.remember([sent('丙', T + 10)])
      expect(await ledger.sentBy('10690001', '13700137000', T + 20)).toEqual(['丙', '戊', '丁', '乙'])
      expect(await ledger.sentBy('10690001', '13700137000', T + 91 * DAY)).toEqual([])
      expect(await ledger.sentBy('10690002', '13700137000', T + 20)).toEqual([])
    })

    it('knows what was sent under names of any signs', async () => {
      const ledger = await open()
      const names = ['"甲"', 'a\\', 'null', "'"]
      const sent = (signature: string, ts: number) => ({ port: '10690003', to: '13700137000', signature, ts })
      await ledger.remember(names.map((name, i) => sent(name, T + i)))
      expect(await ledger.sentBy('10690003', '13700137000', T + 20)).toEqual(names.toReversed())
      await expect(ledger.remember([sent('\ud800', T)])).resolves.toBeUndefined()
    })

    it('knows what a reply answers when more was sent before the reply is read', async () => {
      const ledger = await open()
      const sent = (ts: number) => ({ port: '10690001', to: '13700137001', signature: '甲', ts })
      for (const ts of [T, T + 60_000, T + 30_000]) await ledger.remember([sent(ts)])
      expect(await ledger.sentBy('10690001', '13700137001', T - 1)).toEqual([])
      expect(await ledger.sentBy('10690001', '13700137001', T + 10_000)).toEqual(['甲'])
      expect(await ledger.sentBy('10690001', '13700137001', T + 89 * DAY)).toEqual(['甲'])
    })

    it('reports an earlier request for consent, and not of the same one', async () => {
      const ledger = await open()
      const ask = async (ts: number) =>
        (await ledger.asked([{ signature: '唯品会', to: '13600136000', ts }]))[0]
      expect(await ask(T)).toBeUndefined()
      expect(await ask(T)).toBeUndefined()
      expect(await ask(T + 40 * DAY)).toBe(T)
      expect(await ask(T + 400 * DAY)).toBeUndefined()
    })

    it('tells of an earlier request without recording that it was asked about', async () => {
      const ledger = await open()
      const pair = { signature: '唯品会', to: '13600136001' }
      const earlier = async (ts: number) => (await ledger.askedBefore([{ ...pair, ts }]))[0]
      expect(await earlier(T)).toBeUndefined()
      expect(await earlier(T + DAY)).toBeUndefined()
      await ledger.asked([{ ...pair, ts: T + 2 * DAY }])
      expect(await earlier(T + DAY)).toBeUndefined()
      expect(await earlier(T + 2 * DAY)).toBeUndefined()
      expect(await earlier(T + 40 * DAY)).toBe(T + 2 * DAY)
      expect(await earlier(T + 400 * DAY)).toBeUndefined()
    })
  })
}

conformsToConsentLedger('memory', async () => memoryLedger())

describe.skipIf(!redisServerInstalled())('on real servers', () => {
  const open = async () => {
    const server = await startOwnRedis()
    const link = connectRedis({ url: server.url, commandTimeout: 5000 })
    opened.push(async () => {
      await link.close()
      await server.stop()
    })
    return redisLedger({ link, prefix: 'test', key: 'k'.repeat(32) })
  }
  const opened: (() => Promise<void>)[] = []
  conformsToConsentLedger('redis', open, async () => {
    for (const close of opened) await close()
  })
})
