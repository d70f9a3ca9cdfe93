import type { Alike, AlikePlace } from '../../domain/alike.ts'
import { BoundedCache } from '../../domain/bounded-cache.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import { DAY } from '../../domain/time.ts'
import type { NoticeIndex } from '../notices/notice-index.ts'
import { advertised } from './advertisement.ts'
import { type Centre, Centres } from './centres.ts'
import { Histories, isDue, remember, saidBefore } from './histories.ts'
import { cellsOf, readCentre, written } from './shown-centre.ts'
import type { Trades } from './trades.ts'

/** Limit of cached trades by name. */
const NAMES = 8_192

/** Number of groups linking to one place from which it counts as a shared service, such as a shop platform. */
const SERVICE_FROM = 4
/** Groups tracked per place: more than needed, so that it stays a service when one of them ends. */
const GROUPS = 2 * SERVICE_FROM
/** How long a group counts after its last text, ms of event time. */
const REMEMBERED = DAY
/** Limit of tracked places. */
const PLACES = 8_192

const NOWHERE: AlikePlace = {}
const SHARED_WORDING: AlikePlace = { shared: 'wording' }
const SHARED_PLACE: AlikePlace = { shared: 'place' }

/** Groups advertisements by sketch and tracks what each signature has advertised, per process. */
export class AlikeIndex implements Alike {
  readonly #notices: NoticeIndex
  readonly #centres = new Centres()
  readonly #histories = new Histories()
  readonly #names = new BoundedCache<string | undefined>(NAMES)
  /** Groups of texts by place. */
  readonly #leading = new BoundedCache<Set<Centre>>(PLACES)
  readonly #open: () => Trades
  #opened: Trades | undefined

  /** Uses the sketch table of `notices`. */
  constructor(notices: NoticeIndex, open: () => Trades) {
    this.#notices = notices
    this.#open = open
  }

  get #trades(): Trades {
    this.#opened ??= this.#open()
    return this.#opened
  }

  placeOf(message: AnalysedMessage, place?: string): AlikePlace {
    const { sketcher } = this.#notices
    const sketch = advertised(message, sketcher)
    if (sketch === undefined) return NOWHERE
    const { signature, from, ts, malicious } = message
    const sender = signature?.key ?? from
    const history = this.#histories.of(sender)
    const { centre, counts, isNews } = this.#centres.place(sketch, sender, ts, history.centre)
    history.centre = centre
    const said = saidBefore(history, centre, ts)
    if (!malicious) remember(history, sketch, ts)
    const { key, vector, since } = centre
    const isService = place !== undefined && this.#isService(place, centre, ts)
    if (isService && !malicious) return SHARED_PLACE
    if (key === undefined) return NOWHERE
    if (!malicious && this.#trades.isGeneral(vector)) return SHARED_WORDING
    return {
      group: counts ? { key, said } : undefined,
      news: isNews
        ? {
            cells: cellsOf(vector).map((cell) => `${sketcher.id}/${cell}`),
            centre: written({ vector, since, key }),
          }
        : undefined,
    }
  }

  /** Whether texts of many groups have linked to a place within a day. */
  #isService(place: string, centre: Centre, ts: number): boolean {
    const groups = this.#leading.get(place, () => new Set())
    // Groups of a campaign that converged have been merged; merged ones have `last` at -Infinity.
    for (const other of groups) if (other.last < ts - REMEMBERED) groups.delete(other)
    if (groups.size < GROUPS && centre.key !== undefined) groups.add(centre)
    return groups.size >= SERVICE_FROM
  }

  adopt(centres: readonly string[]): void {
    for (const text of centres) {
      const centre = readCentre(text)
      if (centre) this.#centres.adopt(centre)
    }
  }

  learn(message: AnalysedMessage): void {
    const { signature } = message
    if (signature === undefined) return
    const history = this.#histories.of(signature.key)
    if (!isDue(history)) return
    const sketch = advertised(message, this.#notices.sketcher)
    if (sketch !== undefined) remember(history, sketch, message.ts)
  }

  tradeOf(signature: string): string | undefined {
    return this.#names.get(signature, (name) => this.#trades.ofName(name))
  }
}
