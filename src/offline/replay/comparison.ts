import { contactsInClear, type SenderContacts, showMessage } from '../../detection/alerts/show.ts'
import type { ExtractedMessage } from '../../detection/classify.ts'
import { MESSAGE_CODES } from '../../detection/detectors/all.ts'
import { type Code, inOrder } from '../../domain/codes.ts'
import { ACTIONS, type Action, senderId } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { BottomSample } from './bottom-sample.ts'
import { ASKING, type Asking, type Compared, type Difference, differenceOf } from './difference.ts'
import type { Example, Raised, Report } from './report.ts'
import type { ReviewCase } from './review-sheet.ts'
import { SenderTally } from './sample.ts'
import type { StateName, StateNames } from './state-names.ts'

export interface ComparisonOptions {
  readonly names: StateNames
  readonly senderContacts: SenderContacts
  /** Review cases drawn per code; 0 for none. */
  readonly reviewCases: number
  readonly seed: number
  /** Share of the senders that was drawn; absent if all are judged. */
  readonly sample?: number
}

/** Number of senders counted individually; any further ones are counted together. */
const MAX_SENDERS = 50_000
const OTHERS = '(others)'
const SHOWN_SENDERS = 20
const EXAMPLES = 5
const ON_MESSAGES: ReadonlySet<Code> = new Set(MESSAGE_CODES.map(({ code }) => code))

interface Counts {
  records: number
  compared: number
  changed: number
  degraded: number
  late: number
  unmatched: number
  deadLetters: number
}

/** State of a comparison as JSON, to resume from. */
export interface ComparisonSnapshot {
  readonly counts: Counts
  readonly newly: Record<Asking, number>
  readonly released: Record<Asking, number>
  readonly byCode: [Code, Raised][]
  readonly bySender: [string, Raised][]
  readonly drawn?: ReturnType<SenderTally['toJSON']>
  readonly before: string[]
  readonly after: string[]
  readonly names: [string, StateName][]
  readonly examples: ReturnType<BottomSample<Example>['toJSON']>
  readonly cases: ReturnType<BottomSample<ReviewCase>['toJSON']>
}

/** Counts how the second judgement of the records differs from the first. */
export class Comparison {
  readonly #options: ComparisonOptions
  readonly #counts: Counts
  readonly #newly: Record<Asking, number>
  readonly #released: Record<Asking, number>
  readonly #byCode: Map<Code, Raised>
  readonly #bySender: Map<string, Raised>
  readonly #drawn: SenderTally | undefined
  #population = 0
  /** Ids of states that applied to a message, in the first and in the second judgement. */
  readonly #before: Set<string>
  readonly #after: Set<string>
  readonly #examples: BottomSample<Example>
  readonly #cases: BottomSample<ReviewCase>

  constructor(options: ComparisonOptions, from?: ComparisonSnapshot) {
    this.#options = options
    this.#counts = from?.counts ?? {
      ...{ records: 0, compared: 0, changed: 0, degraded: 0, late: 0, unmatched: 0, deadLetters: 0 },
    }
    this.#newly = from?.newly ?? noActions()
    this.#released = from?.released ?? noActions()
    this.#byCode = new Map(from?.byCode)
    this.#bySender = new Map(from?.bySender)
    this.#drawn = options.sample === undefined ? undefined : new SenderTally(from?.drawn)
    this.#before = new Set(from?.before)
    this.#after = new Set(from?.after)
    for (const [id, name] of from?.names ?? []) options.names.learn(id, name)
    this.#examples = new BottomSample(EXAMPLES, options.seed, from?.examples)
    this.#cases = new BottomSample(options.reviewCases, options.seed, from?.cases)
  }

  /** Counts unreadable records. */
  deadLetters(count: number): void {
    this.#counts.records += count
    this.#counts.deadLetters += count
  }

  /** Sets the number of readable records in the range, drawn or not. */
  population(records: number): void {
    this.#population = records
  }

  /** Compares a record's new verdict with the old one, if there is one. `message` parses its text; `from` is its port. */
  add(is: Compared, was: Compared | undefined, message: () => ExtractedMessage, from = ''): void {
    this.#counts.records++
    this.#offerCases(is, message)
    if (!was) {
      this.#counts.unmatched++
      return
    }
    if (was.degraded) {
      this.#counts.degraded++
      return
    }
    this.#counts.compared++
    if (was.late) this.#counts.late++
    else for (const id of was.states) this.#before.add(id)
    for (const id of was.late ? [] : is.states) this.#after.add(id)
    const difference = differenceOf(was, is)
    this.#drawn?.add(from, difference)
    if (difference) this.#change(difference, was, is, message)
  }

  get compared(): number {
    return this.#counts.compared
  }

  /** The cases drawn for the review sheet. */
  cases(code: Code): readonly ReviewCase[] {
    return this.#cases.of(code)
  }

  report(versions: Report['versions']): Report {
    const { names, sample } = this.#options
    const states = {
      raised: without(this.#after, this.#before),
      released: without(this.#before, this.#after),
    }
    const named = [...states.raised, ...states.released].flatMap((id) => {
      const name = names.get(id)
      return name ? [[id, name] as const] : []
    })
    const senders = [...this.#bySender].map(([sender, raised]) => ({ sender, ...raised }))
    senders.sort((a, b) => b.raised + b.released - a.raised - a.released || (a.sender < b.sender ? -1 : 1))
    return {
      ...this.#counts,
      newly: this.#newly,
      released: this.#released,
      byCode: Object.fromEntries(inOrder(this.#byCode.keys()).map((code) => [code, this.#byCode.get(code)!])),
      states,
      versions,
      bySender: senders.slice(0, SHOWN_SENDERS),
      stateNames: Object.fromEntries(named),
      ...given({ sample: sample === undefined ? undefined : this.#drawn!.report(sample, this.#population) }),
      examples: Object.fromEntries(this.#examples.kinds().map((kind) => [kind, this.#examples.of(kind)])),
    }
  }

  snapshot(): ComparisonSnapshot {
    const { names } = this.#options
    const known = [...new Set([...this.#before, ...this.#after])]
    return {
      counts: this.#counts,
      newly: this.#newly,
      released: this.#released,
      byCode: [...this.#byCode],
      bySender: [...this.#bySender],
      ...given({ drawn: this.#drawn?.toJSON() }),
      before: [...this.#before],
      after: [...this.#after],
      names: known.flatMap((id): [string, StateName][] => {
        const name = names.get(id)
        return name ? [[id, name]] : []
      }),
      examples: this.#examples.toJSON(),
      cases: this.#cases.toJSON(),
    }
  }

  #change(difference: Difference, was: Compared, is: Compared, message: () => ExtractedMessage): void {
    const { newly, released, reasons } = difference
    this.#counts.changed++
    if (newly) this.#newly[newly]++
    if (released) this.#released[released]++
    const before = this.#stateCodes(difference.states.released, was, message)
    const after = this.#stateCodes(difference.states.raised, is, message)
    const kept = this.#stateCodes(
      is.states.filter((id) => was.states.includes(id)),
      is,
      message,
    )
    for (const code of new Set([...reasons.raised, ...after])) {
      // The code already applied through another state, so it is not newly raised on this message.
      if (!before.has(code) && !kept.has(code)) raisedOf(this.#byCode, code).raised++
    }
    for (const code of new Set([...reasons.released, ...before])) {
      if (!after.has(code) && !kept.has(code)) raisedOf(this.#byCode, code).released++
    }
    const kind = newly ? `newly.${newly}` : released ? `released.${released}` : 'changed'
    if (newly || released) this.#countSender(message(), newly !== undefined)
    this.#examples.offer(kind, is.id, () => ({
      ...this.#shown(message(), is.action),
      was: exampleOf(was),
      is: exampleOf(is),
    }))
  }

  /** The codes of these states, except codes of single messages, which are already among the reasons. */
  #stateCodes(ids: readonly string[], verdict: Compared, message: () => ExtractedMessage): Set<Code> {
    const codes = ids.flatMap((id) => {
      const name = this.#options.names.explain(id, message, verdict.campaign)
      return name && !ON_MESSAGES.has(name.code) ? [name.code] : []
    })
    return new Set(codes)
  }

  #countSender({ signature, from }: ExtractedMessage, raised: boolean): void {
    const sender = senderId(signature?.name, from)
    const full = this.#bySender.size >= MAX_SENDERS && !this.#bySender.has(sender)
    raisedOf(this.#bySender, full ? OTHERS : sender)[raised ? 'raised' : 'released']++
  }

  #offerCases(is: Compared, message: () => ExtractedMessage): void {
    if (this.#options.reviewCases === 0) return
    const states = is.states.length > 0 ? this.#stateCodes(is.states, is, message) : []
    for (const code of new Set([...is.reasons, ...states])) {
      this.#cases.offer(code, is.id, () => {
        const { label, action } = is
        return { ...this.#shown(message(), action), label, action }
      })
    }
  }

  #shown(message: ExtractedMessage, action: string) {
    const asked = ACTIONS.includes(action as Action) ? (action as Action) : 'none'
    const shown = showMessage(message, contactsInClear(asked, this.#options.senderContacts))
    const { id, ts, from, signature, to, text } = shown
    return { id, ts, from, ...given({ signature: signature || undefined, to }), text }
  }
}

function exampleOf({ action, label, reasons, states }: Compared) {
  return { action, label, reasons, states }
}

function noActions(): Record<Asking, number> {
  return Object.fromEntries(ASKING.toReversed().map((action) => [action, 0])) as Record<Asking, number>
}

function raisedOf<K>(map: Map<K, Raised>, key: K): Raised {
  return getOrInsert(map, key, () => ({ raised: 0, released: 0 }))
}

function without(all: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...all].filter((id) => !others.has(id)).sort()
}
