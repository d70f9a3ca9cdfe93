import type { SenderContacts } from '../../detection/alerts/show.ts'
import { readMessage } from '../../detection/read-message.ts'
import type { Alert, Verdict } from '../../domain/alert.ts'
import { given } from '../../domain/given.ts'
import { addTo } from '../../domain/maps.ts'
import type { Message } from '../../domain/message.ts'
import type { Tokenise } from '../../domain/token.ts'
import type { Batch, Batches, Fed } from './batches.ts'
import type { Checkpoint } from './checkpoint.ts'
import { Comparison } from './comparison.ts'
import type { Order, Ordered } from './order.ts'
import type { Outputs } from './outputs.ts'
import type { Pace } from './pace.ts'
import type { Report } from './report.ts'
import type { Side } from './side.ts'
import { StateNames } from './state-names.ts'

type Judge = Pick<Side, 'judge' | 'versions'>

export interface JudgingParts {
  readonly deployment: string
  readonly senderContacts: SenderContacts
  readonly tokenise: Tokenise
  readonly side: Judge
  /** Second judge to compare with, if there are no verdicts of the past. */
  readonly against?: Judge
  readonly batches: Batches
  readonly outputs: Outputs
  readonly pace: Pace
  readonly reviewCases: number
  readonly seed: number
  /** Share of the senders that was drawn; absent if all are judged. */
  readonly sample?: number
  /** How far before the checkpoint a resumed replay starts in order to warm up, ms. */
  readonly warmUp: number
  readonly from?: Checkpoint
  /** Called after each batch with the number of records done and the event time reached. */
  readonly progressed: (records: number, eventTime: number) => void
  readonly signal: AbortSignal
}

/** The part of a checkpoint that belongs to the judging. */
type Place = Pick<Checkpoint, 'next' | 'open' | 'eventTime' | 'comparison' | 'outputs'>

/** Judges the records in order and compares the results. */
export class Judging {
  readonly #parts: JudgingParts
  readonly #names: StateNames
  readonly comparison: Comparison
  #next = 0
  #open: readonly number[] = []
  #eventTime = Number.NEGATIVE_INFINITY
  readonly #again: ReadonlySet<number>

  constructor(parts: JudgingParts) {
    const { deployment, senderContacts, reviewCases, seed, sample, from } = parts
    this.#parts = parts
    this.#names = new StateNames(deployment)
    const drawn = sample === undefined ? {} : { sample }
    const options = { names: this.#names, senderContacts, reviewCases, seed, ...drawn }
    this.comparison = new Comparison(options, from?.comparison)
    this.#again = new Set(from?.open)
  }

  /** Resolves at the end of the records, or after the current batch when interrupted. */
  async run(order: Pick<Order, 'ordered'>): Promise<void> {
    const { batches, pace, signal, from } = this.#parts
    let index = 0
    for await (const ordered of order.ordered()) {
      if (signal.aborted) return
      // The interrupted run also ended a batch here, so that no batch mixes judged and unjudged records.
      if (index === from?.next) for (const batch of batches.cut()) await this.#judge(batch)
      if (this.#isPast(index++, ordered)) {
        batches.skip()
        continue
      }
      for (const batch of batches.add(ordered)) {
        await this.#judge(batch)
        await pace.after(batch.items.length, signal)
      }
    }
    for (const batch of batches.end()) await this.#judge(batch)
  }

  report(): Report {
    const { side, against } = this.#parts
    const versions = { ...side.versions, ...given({ against: against?.versions }) }
    return this.comparison.report(versions)
  }

  /** The checkpoint between two batches; undefined if the run has not got beyond the checkpoint it resumed from. */
  checkpoint(): Place | undefined {
    const { outputs, from } = this.#parts
    if (this.#next <= (from?.next ?? 0)) return undefined
    return {
      next: this.#next,
      // Messages judged before the interruption may look incomplete because the warm-up skipped some of their parts.
      open: this.#open.filter((index) => this.#isNew(index)),
      eventTime: this.#eventTime,
      comparison: this.comparison.snapshot(),
      outputs: outputs.bytes,
    }
  }

  /** Whether the record was judged before the interruption and is too old for the warm-up. */
  #isPast(index: number, { record }: Ordered): boolean {
    const { from, warmUp } = this.#parts
    return from !== undefined && !this.#isNew(index) && record.eventTime < from.eventTime - warmUp
  }

  /** Whether the record was not judged before the interruption. */
  #isNew(index: number): boolean {
    const { from } = this.#parts
    return from === undefined || index >= from.next || this.#again.has(index)
  }

  /** Whether the record is compared and was not judged before the interruption. */
  #counts({ compared, index }: Fed): boolean {
    return compared && this.#isNew(index)
  }

  async #judge(batch: Batch): Promise<void> {
    const { side, against, outputs, progressed } = this.#parts
    const [is, was] = [await side.judge(batch), await against?.judge(batch)]
    for (const outputs of [is, was]) this.#learn(outputs?.alerts ?? [])
    const now = new ById(is.verdicts)
    const before = was && new ById(was.verdicts)
    const kept = new Set<string>()
    const verdicts: Verdict[] = []
    for (const { message } of batch.items) {
      const read = once(() => readMessage(message, this.#parts.tokenise))
      for (const { id, position } of message.origins) {
        const fed = batch.fed.get(position)
        const verdict = now.take(id)
        const earlier = before ? before.take(id) : fed?.was
        if (!fed || !this.#counts(fed)) continue
        if (!verdict) {
          this.comparison.deadLetters(1)
          continue
        }
        kept.add(message.id)
        verdicts.push(verdict)
        this.comparison.add(verdict, earlier, read, message.from)
      }
    }
    const alerts = kept.size === 0 ? [] : is.alerts.filter((alert) => isKept(alert, kept))
    await outputs.write(verdicts, alerts)
    this.#next = batch.next
    this.#open = batch.open
    this.#eventTime = batch.items.reduce((time, item) => Math.max(time, item.eventTime), this.#eventTime)
    progressed(this.#next, this.#eventTime)
  }

  #learn(alerts: readonly Alert[]): void {
    for (const { data } of alerts) {
      if (!data.state) continue
      this.#names.learn(data.state.id, { code: data.reasons[0]!.code, target: data.target })
    }
  }
}

/** Verdicts by id; those with the same id keep their order. */
class ById {
  readonly #verdicts = new Map<string, Verdict[]>()

  constructor(verdicts: readonly Verdict[]) {
    for (const verdict of verdicts) {
      addTo(this.#verdicts, verdict.id, verdict)
    }
  }

  take(id: string): Verdict | undefined {
    return this.#verdicts.get(id)?.shift()
  }
}

/** Keeps alerts on states, and alerts on messages of the range. */
function isKept({ data }: Alert, messages: ReadonlySet<Message['id']>): boolean {
  return data.state !== undefined || (data.message !== undefined && messages.has(data.message.id))
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
