import { buildRegistry } from '../../src/detection/registry/registry-index.ts'
import type { SignalContext } from '../../src/domain/detector.ts'
import type { MemberReading } from '../../src/domain/feature-store.ts'
import { loadPolicy } from './policies.ts'

/** Epoch ms. */
export const T = Date.UTC(2026, 10, 11, 4)
export const DAY = 86_400_000
export const policy = loadPolicy()
const filing = (port: string) => ({ ports: [port], status: 'filed' as const })
const registry = buildRegistry({
  hash: 'test',
  brands: [{ id: 'jd', names: ['京东', '京东物流'], domains: ['jd.com'], hotlines: [] }],
  signatures: [
    { name: '京东', brand: 'jd', consent: 'unless-refused', campaigns: [], filings: [filing('10690001*')] },
    {
      name: '京东物流',
      brand: 'jd',
      consent: 'unless-refused',
      campaigns: [],
      filings: [filing('10690001*')],
    },
    {
      name: '大促商城',
      consent: 'unless-refused',
      campaigns: [{ from: T - DAY, to: T + DAY, perMinute: 20_000 }],
      filings: [filing('10690002*')],
    },
  ],
  ports: [{ port: '10690003*', sharedBy: 3 }],
})
/** Senders of a brand, a shop with a declared campaign, and a port that three may share. */
export const signalContext: SignalContext = {
  registry,
  codePolicy: (code, ts) => policy.codePolicy(code, ts),
}

export const membersOf = (entity: string, names: readonly string[], total: number): MemberReading => ({
  entity,
  members: names,
  count: names.length,
  total,
})
