import { PORT_SIGNATURES, portSignaturesName } from '../../domain/counted-name.ts'
import type { MemberObservation } from '../../domain/feature-store.ts'
import type { Registry } from '../../domain/registry.ts'
import { SharedLists } from '../../domain/shared-lists.ts'
import { signatureKey } from '../../text/signature.ts'
import { defineStateCode, hold, period } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

/** Limit of signatures named by the feature store; beyond it they are only counted. */
const LISTED = 32
const NONE: readonly never[] = []

export const portSublet = defineStateCode({
  code: 'PORT_SUBLET',
  order: 200,
  targets: ['port'],
  action: 'review',
  weight: 0.5,
  thresholds: {
    minMessages: {
      default: 3,
      unit: 'messages',
      min: 1,
      max: 1_000_000_000,
      whole: true,
      says: 'messages of a signature on the port below which it does not count, such as tests',
    },
    window: period(86_400, 15_552_000, 'seconds in which the signatures of a port are counted'),
    hold: hold(900, 'seconds without a surplus signature after which the state clears'),
  },
  evidence: {
    signatures: fields.list(fields.text('a signature'), 'signatures on the port, at most 32', LISTED),
    count: fields.count('their number'),
    allowed: fields.count('how many it may carry'),
  },
  summary: 'one port carries more signatures than it may',
  called: { 'zh-CN': '端口转租' },
  fires:
    'One exact port carries more signatures than it may (`sharedBy` of its row, default 1). Signatures of one brand, or that differ only in writing, count once.',
  tune: 'Set `sharedBy` for ports of platforms.',
  sentences: {
    en: ({ count, signatures, allowed }, { list }) =>
      `The port carries ${count} signatures (${list(signatures)}); ${allowed} allowed.`,
    'zh-CN': ({ count, signatures, allowed }, { list }) =>
      `该端口使用了 ${count} 个签名（${list(signatures)}），允许 ${allowed} 个。`,
  },
}).raisedBy({
  members({ message }, { registry }, { thresholds }) {
    if (!message.signature) return NONE
    const { from } = message
    const member = message.signature.name
    const window = thresholds.window * 1000
    const reportFrom = allowedOn(from, registry) + 1
    const minCount = thresholds.minMessages
    const last = observed.last(from)
    if (last.length > 0 && isSame(last[0]!, member, window, reportFrom, minCount)) return last
    const entity = portSignaturesName(from)
    return observed.share(from, [{ entity, member, window, reportFrom, minCount }])
  },
  onMembers({ entity, members, count: known, total }, at, { registry }, { thresholds }) {
    if (!entity.startsWith(PORT_SIGNATURES)) return undefined
    const port = entity.slice(PORT_SIGNATURES.length)
    const allowed = allowedOn(port, registry)
    const owners = new Set(members.map((name) => ownerOf(name, registry)))
    const count = Math.max(owners.size, owners.size === members.length ? known : 0)
    if (count <= allowed) return undefined
    return {
      target: { kind: 'port', id: port },
      at,
      over: total >= thresholds.minMessages * count,
      level: count / allowed,
      score: Math.min(1, 0.5 + 0.1 * (count - allowed)),
      match: { ports: [port] },
      evidence: { signatures: members, count, allowed },
    }
  },
})

const observed = new SharedLists<MemberObservation>()

function isSame(
  one: MemberObservation,
  member: string,
  window: number,
  reportFrom: number,
  minCount: number,
) {
  return (
    one.member === member &&
    one.window === window &&
    one.reportFrom === reportFrom &&
    one.minCount === minCount
  )
}

function allowedOn(port: string, registry: Registry): number {
  return registry.port(port)?.sharedBy ?? 1
}

/** The brand behind a signature if known, else the key of the signature, or its name if that has no letters. */
function ownerOf(name: string, registry: Registry): string {
  const brand = registry.signature(name)?.brand ?? registry.brandByName(name)?.id
  return brand === undefined ? signatureKey(name) || name : `brand:${brand}`
}
