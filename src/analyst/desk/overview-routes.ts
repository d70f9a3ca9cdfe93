import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.ts'
import { type Ask, fewAtOnce } from '../archive/ask.ts'
import { alertCurve, sentCurve, stepsOf } from '../archive/curves.ts'
import type { ReviewedCode } from '../archive/reader.ts'
import { delayOf, newDomains, openStates, totalsOf, type WorstCase, worstCases } from '../archive/totals.ts'
import type { Answer, Asked } from './answers.ts'
import { type Curves, overviewPage, type Shown } from './overview.ts'
import { rangeOf, timeOf } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { Shared } from './shared.ts'

/** Number of days over which the precision of codes is shown. */
const JUDGED_DAYS = 7
/** Periods that ended less than this before now, ms, show the precision of now. */
const NEARLY_NOW = 10 * MINUTE
/** Statements that run at once without a visitor: the other connections are left to those who are at work. */
const WARM_AT_ONCE = 2

interface Period {
  readonly from: number
  readonly to: number
  readonly now: number
}

/** The landing page. It reads sums, and only those alerts that it shows. */
export class OverviewRoutes {
  readonly #parts: RouteParts
  /** By period in minutes, or by the length of a period that ends now: a shift opens the same overviews at the same time. */
  readonly #shown = new Shared<Shown>({ fresh: 5 * SECOND, oldest: 30 * SECOND })
  readonly #worst = new Shared<WorstCase[]>()
  /** Of seven days, which takes long and changes slowly. */
  readonly #judged = new Shared<ReviewedCode[]>({ fresh: 5 * MINUTE, oldest: HOUR })
  /** The same before a given time. */
  readonly #judgedThen = new Shared<ReviewedCode[]>()

  constructor(parts: RouteParts) {
    this.#parts = parts
  }

  /** Renews what the overview of the last day shows, so that the first visitor does not wait for it. Rejects with the errors of the archive. */
  async warm(now: number): Promise<void> {
    await this.#shownIn(
      { from: now - DAY, to: now + MINUTE, now },
      fewAtOnce(this.#parts.options.archive.ask, WARM_AT_ONCE),
    )
  }

  #judgedNow(now: number): Promise<ReviewedCode[]> {
    return this.#judged.get(() => this.#parts.options.archive.judged(now - JUDGED_DAYS * DAY, now + MINUTE))
  }

  /** Rejects with the errors of the archive. */
  async page({ query, session, isRenewal, now }: Asked): Promise<Answer> {
    const { speech, options } = this.#parts
    const from = timeOf(query.get('from')) ?? now - DAY
    const to = Math.max(timeOf(query.get('to')) ?? now + MINUTE, from + MINUTE)
    if (!isRenewal) await options.archive.note(session, 'overview', rangeOf(from, to))
    const period = { from, to, now }
    const shown = await this.#shownIn(period, options.archive.ask)
    return { status: 200, body: overviewPage(session, speech, period, shown) }
  }

  #shownIn(period: Period, ask: Ask): Promise<Shown> {
    const { from, to, now } = period
    const times = Math.abs(to - now) <= MINUTE ? [to - from] : [from, to]
    const key = times.map((time) => Math.round(time / MINUTE)).join()
    return this.#shown.get(() => this.#of(period, ask), key)
  }

  async #of({ from, to, now }: Period, ask: Ask): Promise<Shown> {
    const { archive } = this.#parts.options
    const [found, judged, totals, curves, worst, domains, states, delay] = await Promise.all([
      archive.overview(from, to, ask),
      Math.abs(to - now) < NEARLY_NOW
        ? this.#judgedNow(now)
        : this.#judgedThen.get(() => archive.judged(to - JUDGED_DAYS * DAY, to), String(to)),
      totalsOf(ask, from, to),
      this.#curves(from, to, ask),
      this.#worst.get(() => worstCases(ask)),
      newDomains(ask, from, to),
      openStates(ask),
      delayOf(ask),
    ])
    return { found, judged, totals, curves, worst, domains, states, delay }
  }

  /** For a day compared with yesterday and last week, otherwise with the preceding period of the same length. */
  async #curves(from: number, to: number, ask: Ask): Promise<Curves> {
    const steps = stepsOf(from, to)
    const span = Math.ceil((to - from - MINUTE) / DAY)
    const [now, ...before] = await Promise.all(
      [0, ...(span <= 1 ? [1, 7] : [span])].map(async (days) => {
        const then = { ...steps, from: steps.from - days * DAY, to: steps.to - days * DAY }
        const [sent, alerts] = await Promise.all([sentCurve(ask, then), alertCurve(ask, then)])
        return { days, sent, alerts }
      }),
    )
    return {
      ...{ steps, sent: now!.sent, alerts: now!.alerts },
      before: before.map(({ days, sent, alerts }) => ({
        days,
        sent: sent.total,
        alerts: alerts.get('') ?? [],
      })),
    }
  }
}
