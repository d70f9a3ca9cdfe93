import type { Alert } from '../../domain/alert.ts'
import { given } from '../../domain/given.ts'
import type { NotifyRule } from '../../settings/notify-settings.ts'
import { hostsOf } from '../archive/alert-hosts.ts'

/** A rule that is firing for a brand, signature, domain or port. */
export interface Exceeded {
  readonly rule: NotifyRule
  /** Absent if the rule counts all alerts together. */
  readonly of?: string
  readonly count: number
  /** Time of the alert with which it started to fire, epoch ms. */
  readonly since: number
}

/** Maximum number of names counted per rule; the least recently seen are dropped. */
const MOST_NAMES = 10_000

interface Counted {
  /** Times of the last `more + 1` alerts, epoch ms, ascending. */
  readonly times: number[]
  /** Time since which the rule fires, even if that is no longer among `times`. */
  since?: number | undefined
}

/** Counts alerts by rule in a sliding window. */
export class RuleCounts {
  readonly #rules: readonly { readonly rule: NotifyRule; readonly counted: Map<string, Counted> }[]

  constructor(rules: readonly NotifyRule[]) {
    this.#rules = rules.map((rule) => ({ rule, counted: new Map() }))
  }

  add(alert: Alert): void {
    const at = Date.parse(alert.time)
    for (const { rule, counted } of this.#rules) {
      const name = nameOf(alert, rule)
      if (name === undefined) continue
      const held = counted.get(name) ?? { times: [] }
      counted.delete(name)
      counted.set(name, held)
      held.times.push(at)
      held.times.sort((a, b) => a - b)
      if (held.times.length > rule.more + 1) held.times.shift()
      if (isExceeded(held, rule, at)) held.since ??= at
      const [oldest] = counted.keys()
      if (counted.size > MOST_NAMES) counted.delete(oldest!)
    }
  }

  /** The rules firing at `now`, epoch ms. */
  exceeded(now: number): Exceeded[] {
    return this.#rules.flatMap(({ rule, counted }) =>
      [...counted].flatMap(([name, held]): Exceeded[] => {
        if (!isExceeded(held, rule, now)) {
          held.since = undefined
          if (now - held.times.at(-1)! > rule.within) counted.delete(name)
          return []
        }
        const of = rule.by === 'all' ? undefined : name
        return [{ rule, ...given({ of }), count: held.times.length, since: held.since ?? now }]
      }),
    )
  }
}

function isExceeded({ times }: Counted, { more, within }: NotifyRule, now: number): boolean {
  return times.length > more && now - times[0]! < within
}

function nameOf({ data }: Alert, { code, by }: NotifyRule): string | undefined {
  const reason = data.reasons.find((one) => one.code === code)
  if (!reason) return undefined
  if (by === 'all') return ''
  if (by === 'brand') return typeof reason.evidence.brand === 'string' ? reason.evidence.brand : undefined
  const { target, message, match, contacts } = data
  if (target.kind === by) return target.id
  if (by === 'signature') return message?.signature ?? match?.signature
  if (by === 'port') return message?.from
  return hostsOf(contacts?.urls?.slice(0, 1))[0]
}
