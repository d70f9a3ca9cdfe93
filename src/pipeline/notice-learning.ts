import { codeNamed } from '../detection/detectors/all.ts'
import type { Decision } from '../detection/judge.ts'
import type { NoticeIndex } from '../detection/notices/notice-index.ts'
import { reaches } from '../domain/decision.ts'
import { hasFilingHere } from '../domain/filing.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import {
  type CarriedKind,
  type LearnedNotice,
  NOTICES_OF_BRAND,
  type NoticeStore,
} from '../domain/notices.ts'
import type { Registry } from '../domain/registry.ts'
import { MINUTE } from '../domain/time.ts'

/** Maximum number of notices learned from one batch. */
const MOST_AT_ONCE = 32
/** Maximum number of domains, and of numbers, per notice. */
const MOST_LEADS = 8
/** Minimum interval between new notices of a brand at its limit, ms of event time: the old ones stay for days. */
const REPLACED_EVERY = 10 * MINUTE
/** Interval of reading notices learned by other instances and checking for expired filings, ms. */
const REFRESHED_EVERY = 15_000

/**
 * Learns brand notices from unsuspicious messages sent by a brand's own filed ports and short numbers. Stores sketches,
 * domains and service numbers, but no texts and no mobile numbers.
 */
export class NoticeLearning {
  readonly #index: NoticeIndex
  readonly #store: NoticeStore
  /** Learned but not stored yet, by brand and id. */
  #fresh = new Map<string, LearnedNotice>()
  /** Event time at which a brand at its limit last learned a notice, ms. */
  readonly #replacedAt = new Map<string, number>()
  #mark: string | undefined
  #refreshedAt = Number.NEGATIVE_INFINITY
  #registry: Registry | undefined
  #newest = 0

  constructor({ index, store }: { readonly index: NoticeIndex; readonly store: NoticeStore }) {
    this.#index = index
    this.#store = store
  }

  observe(decisions: readonly Decision[], registry: Registry): void {
    this.#registry = registry
    for (const decision of decisions) {
      if (this.#fresh.size >= MOST_AT_ONCE) return
      const { message } = decision
      this.#newest = Math.max(this.#newest, message.ts)
      if (!isTeaching(decision)) continue
      const from = ownerOf(message, registry)
      if (from !== undefined) this.#learn(message, from)
    }
  }

  /**
   * Stores learned notices, and periodically reads those of other instances. Rejects with REDIS_UNREACHABLE; the
   * notices are then stored later.
   */
  async settle(): Promise<void> {
    if (this.#fresh.size > 0) {
      await this.#store.learn([...this.#fresh.values()])
      this.#fresh = new Map()
      this.#refreshedAt = Number.NEGATIVE_INFINITY
    }
    if (performance.now() - this.#refreshedAt < REFRESHED_EVERY) return
    this.#refreshedAt = performance.now()
    const { brands, mark } = await this.#store.changes(this.#mark)
    this.#index.put(brands)
    this.#mark = mark
    // There may be more: the next batch continues.
    if (brands.length > 0) this.#refreshedAt = Number.NEGATIVE_INFINITY
    const ended = this.#registry ? this.#index.ended(this.#registry, this.#newest) : []
    if (ended.length > 0) await this.#store.forget(ended)
  }

  #learn(message: AnalysedMessage, from: Pick<LearnedNotice, 'brand' | 'port' | 'signature'>): void {
    const id = message.bands[0]
    if (id === undefined) return
    const { brand } = from
    const learned = this.#index.learnedOf(brand)
    const known = this.#fresh.get(`${brand} ${id}`) ?? learned.find((notice) => notice.id === id)
    if (known !== undefined && !leadsFurther(message, known)) return
    if (known === undefined && learned.length >= NOTICES_OF_BRAND) {
      if (message.ts - (this.#replacedAt.get(brand) ?? Number.NEGATIVE_INFINITY) < REPLACED_EVERY) return
      this.#replacedAt.set(brand, message.ts)
    }
    const sketch = this.#index.sketchOf(message)
    if (sketch === undefined) return
    const notice = { id, table: this.#index.table, sketch, ...leadsOf(message, known), ...from }
    this.#fresh.set(`${brand} ${id}`, notice)
  }
}

/** A complete message without findings that is not a one-time password, as those are worded alike by all brands. */
function isTeaching({ message, reasons }: Decision): boolean {
  const { label, partial, otp, record } = message
  if (partial || otp || record.blocked || label === 'fraud' || label === 'illicit' || label === 'personal')
    return false
  // Most messages have no finding.
  if (reasons.length === 0) return true
  return reasons.every(({ code, action }) => codeNamed(code)?.forgery !== true && !reaches(action, 'review'))
}

function ownerOf(message: AnalysedMessage, registry: Registry) {
  const { signature, from } = message
  const row = signature && registry.signature(signature.key)
  if (row?.brand !== undefined && row.filings.length > 0 && hasFilingHere(row, message))
    return { brand: row.brand, port: from, signature: signature!.key }
  const brand = from.length <= 6 ? registry.brandByHotline(from) : undefined
  const signed = signature && registry.brandByName(signature.key)
  return brand !== undefined && signed?.id === brand.id ? { brand: brand.id, port: from } : undefined
}

/** Whether a message links to something that no known notice does. Most do not, so this allocates nothing. */
function leadsFurther(
  { urls, contacts }: AnalysedMessage,
  { hosts, numbers, carries }: LearnedNotice,
): boolean {
  for (const { domain } of urls) if (hosts.length < MOST_LEADS && !hosts.includes(domain)) return true
  for (const { kind, value } of contacts) {
    if (kind === 'mobile' && !carries.includes('mobile')) return true
    if ((kind !== 'landline' && kind !== 'hotline') || numbers.includes(value)) continue
    if (numbers.length < MOST_LEADS || !carries.includes('landline')) return true
  }
  return false
}

/** Domains and numbers of a notice, added to the known ones. */
function leadsOf({ urls, contacts }: AnalysedMessage, known: LearnedNotice | undefined) {
  const hosts = new Set(known?.hosts)
  const numbers = new Set(known?.numbers)
  const carries = new Set<CarriedKind>(known?.carries)
  for (const { domain } of urls) if (hosts.size < MOST_LEADS) hosts.add(domain)
  for (const { kind, value } of contacts) {
    if (kind === 'mobile') carries.add('mobile')
    if (kind !== 'landline' && kind !== 'hotline') continue
    if (numbers.has(value)) continue
    if (numbers.size < MOST_LEADS) numbers.add(value)
    else carries.add('landline')
  }
  return { hosts: [...hosts], numbers: [...numbers], carries: [...carries] }
}
