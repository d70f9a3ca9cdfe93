import type { Alert } from '../../domain/alert.ts'
import { type Action, reaches } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { iso, MINUTE } from '../../domain/time.ts'
import type { NotifyRule } from '../../settings/notify-settings.ts'
import { redactText } from '../../text/redact.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Exceeded, RuleCounts } from './rules.ts'

/** An alert in the form of Alertmanager's `POST /api/v2/alerts`. */
export interface Notice {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL?: string
}

export interface BoardOptions {
  readonly deployment: string
  /** The weakest action that is posted. */
  readonly least: Action
  readonly rules: readonly NotifyRule[]
  /** Base URL of the desk, without a trailing slash. */
  readonly desk?: string
  /** Returns the verified brand of a signature, if any. */
  readonly verifiedBrand: (signature: string) => string | undefined
}

interface Held {
  /** The latest event while it was open. */
  readonly alert: Alert
  /** The latest event. */
  readonly last: Alert
  /** When it ended; absent while it is open. */
  readonly endedAt?: number
}

/** A notice resolves if it is not posted again for this long, in case the notifier is gone, ms. */
const LASTS = 5 * MINUTE
/** How long an end is posted, in case Alertmanager was down, ms. */
const END_POSTED = 15 * MINUTE
/** Maximum number of states held; the oldest are dropped. */
const MOST = 20_000

/**
 * Turns the open states of a deployment, and rules over its alerts, into notices for people. Notices contain no personal number
 * and no clickable link.
 */
export class NoticeBoard {
  readonly #options: BoardOptions
  readonly #states = new Map<string, Held>()
  /** States that changed since they were last posted. */
  readonly #fresh = new Set<string>()
  readonly #counts: RuleCounts
  /** Rules that were firing when last posted, by their labels. */
  readonly #exceeded = new Map<string, { readonly notice: Notice; readonly endedAt?: number }>()

  constructor(options: BoardOptions) {
    this.#options = options
    this.#counts = new RuleCounts(options.rules)
  }

  /** Processes a record of the alert topic. Returns its alert, or undefined if it is not one. */
  take(value: string): Alert | undefined {
    const alert = alertOf(value)
    if (!alert) return undefined
    const { state, mode, late } = alert.data
    const asks = mode === 'enforce' && late !== true
    if (asks && alert.type === 'sigwatch.alert.raised') this.#counts.add(alert)
    if (state) this.#takeState(state.id, alert, asks)
    return alert
  }

  #takeState(id: string, alert: Alert, asks: boolean): void {
    const held = this.#states.get(id)
    if (held && !isNewer(alert, held.last)) return
    const isOpen =
      alert.type !== 'sigwatch.alert.cleared' && asks && reaches(alert.data.action, this.#options.least)
    if (!isOpen && !held) return
    this.#fresh.add(id)
    this.#states.delete(id)
    // An ended state keeps the labels it was posted with.
    const endedAt = held?.endedAt ?? Date.parse(alert.time)
    this.#states.set(id, isOpen ? { alert, last: alert } : { alert: held!.alert, last: alert, endedAt })
    const [first] = this.#states.keys()
    if (this.#states.size > MOST) this.#states.delete(first!)
  }

  /** All notices to post at `now`, the brokers' time in epoch ms. */
  notices(now: number): Notice[] {
    return [...this.#stateNotices(this.#states.keys(), now), ...this.#ruleNotices(now).all]
  }

  /** The notices that changed since the last call of this or `notices`. */
  changes(now: number): Notice[] {
    return [...this.#stateNotices([...this.#fresh], now), ...this.#ruleNotices(now).changed]
  }

  #stateNotices(ids: Iterable<string>, now: number): Notice[] {
    const notices: Notice[] = []
    for (const id of ids) {
      const held = this.#states.get(id)
      this.#fresh.delete(id)
      if (!held) continue
      const { alert, endedAt } = held
      const expiresAt = Date.parse(alert.data.expiresAt)
      const end = endedAt ?? (expiresAt <= now ? expiresAt : undefined)
      if (end !== undefined && now - end > END_POSTED) this.#states.delete(id)
      else notices.push(this.#noticeOf(alert, now, end))
    }
    return notices
  }

  #noticeOf(alert: Alert, now: number, end: number | undefined): Notice {
    const { deployment, desk, verifiedBrand } = this.#options
    const { data } = alert
    const [reason] = data.reasons
    const code = reason?.code ?? 'STATE'
    const signature = data.match?.signature ?? data.message?.signature
    const brand = signature === undefined ? undefined : verifiedBrand(signature)
    return {
      labels: {
        alertname: code,
        severity: data.action === 'block' || data.severity === 'critical' ? 'critical' : 'warning',
        deployment,
        kind: data.target.kind,
        target: defanged(withoutMobiles(data.target.id)),
        state: data.state!.id,
        ...given({ signature, brand, tenant: data.tenant, verified: brand && 'true' }),
      },
      annotations: {
        summary: defanged(reason?.detail ?? code),
        action: data.action,
        ...given({ rule: reason?.rule, text: data.message && defanged(redactText(data.message.text)) }),
      },
      ...spanOf(Date.parse(data.validFrom), now, end),
      ...given({ generatorURL: desk && `${desk}/case/${encodeURIComponent(alert.id)}` }),
    }
  }

  #ruleNotices(now: number): { readonly all: Notice[]; readonly changed: Notice[] } {
    const holding = new Set<string>()
    const changed: Notice[] = []
    for (const exceeded of this.#counts.exceeded(now)) {
      const notice = this.#ruleNotice(exceeded, now)
      const key = JSON.stringify(notice.labels)
      holding.add(key)
      const before = this.#exceeded.get(key)
      if (!before || before.endedAt !== undefined) changed.push(notice)
      this.#exceeded.set(key, { notice })
    }
    const all = [...this.#exceeded].flatMap(([key, { notice, endedAt }]) => {
      if (holding.has(key)) return [notice]
      const end = endedAt ?? now
      if (now - end > END_POSTED) {
        this.#exceeded.delete(key)
        return []
      }
      this.#exceeded.set(key, { notice, endedAt: end })
      const ended = { ...notice, ...spanOf(Date.parse(notice.startsAt), now, end) }
      if (endedAt === undefined) changed.push(ended)
      return [ended]
    })
    return { all, changed }
  }

  #ruleNotice({ rule, of, count, since }: Exceeded, now: number): Notice {
    const { deployment, desk } = this.#options
    const whose = of === undefined ? '' : ` of ${rule.by} ${defanged(of)}`
    const minutes = Math.round(rule.within / MINUTE)
    return {
      labels: {
        alertname: rule.name,
        severity: rule.severity,
        deployment,
        code: rule.code,
        ...given({ [rule.by]: of === undefined ? undefined : defanged(of) }),
      },
      annotations: { summary: `${count} or more alerts ${rule.code}${whose} within ${minutes} minutes` },
      ...spanOf(since, now, undefined),
      ...given({ generatorURL: desk }),
    }
  }
}

/** Parses an alert; undefined if members used here are missing, since the topic may contain anything. */
function alertOf(value: string): Alert | undefined {
  try {
    const alert = JSON.parse(value) as Alert
    const { target, reasons, state, validFrom, expiresAt, message } = alert.data
    const texts = [alert.id, target.id, ...reasons.flatMap(({ code, detail = '' }) => [code, detail])]
    if (message) texts.push(message.text)
    const times = [alert.time, ...(state ? [validFrom, expiresAt] : [])]
    const isWhole =
      texts.every((text) => typeof text === 'string') &&
      times.every((time) => typeof time === 'string' && !Number.isNaN(Date.parse(time))) &&
      (!state || (Number.isFinite(state.episode) && Number.isFinite(state.revision)))
    return isWhole ? alert : undefined
  } catch {
    return undefined
  }
}

function isNewer({ data: { state: a } }: Alert, { data: { state: b } }: Alert): boolean {
  return a!.episode > b!.episode || (a!.episode === b!.episode && a!.revision > b!.revision)
}

function spanOf(start: number, now: number, end: number | undefined): Pick<Notice, 'startsAt' | 'endsAt'> {
  const startsAt = Math.min(start, now)
  return { startsAt: iso(startsAt), endsAt: iso(end === undefined ? now + LASTS : Math.max(end, startsAt)) }
}

/** Makes a link unclickable: `hxxp://jd-refund[.]top`. */
export function defanged(text: string): string {
  return text
    .replace(/\bhttp(?=s?:\/\/)/gi, 'hxxp')
    .replace(/(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}-]*\p{L})/gu, '[.]')
}
