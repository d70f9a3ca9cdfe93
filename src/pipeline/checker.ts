import type { AlertOptions } from '../detection/alerts/alert-options.ts'
import { contactsInClear, showEvidence } from '../detection/alerts/show.ts'
import { verdictsOf } from '../detection/alerts/verdict.ts'
import { classify, type ExtractedMessage } from '../detection/classify.ts'
import type { Detectors } from '../detection/detectors/all.ts'
import { judge, type KnownBefore } from '../detection/judge.ts'
import { messageOf, partOf } from '../detection/message-of.ts'
import { readMessage } from '../detection/read-message.ts'
import type { AlertReason, Verdict } from '../domain/alert.ts'
import type { ConsentLedger } from '../domain/consent-ledger.ts'
import { type ErrorCode, RecordError, SigwatchError } from '../domain/errors.ts'
import { isMapping } from '../domain/json.ts'
import type { AnalysedMessage, Message } from '../domain/message.ts'
import type { BoundedClock } from '../domain/ports.ts'
import type { Tokenise } from '../domain/token.ts'
import type { Versions, VersionsInForce } from '../domain/versions.ts'
import type { StateManager } from '../stores/states/manager.ts'
import { consult, type KnownOf, notConsulted } from './consult.ts'
import { type DecodeLimits, decode, isRejection } from './decode.ts'
import { kindOf } from './outputs.ts'

export interface CheckerParts {
  readonly versions: VersionsInForce
  readonly detectors: Detectors
  readonly tokenise: Tokenise
  readonly ledger: Pick<ConsentLedger, 'lookup' | 'askedBefore'>
  readonly states: Pick<StateManager, 'openStatesFor' | 'allowances'>
  /** Why ledgers or states may be incomplete now; empty if they are complete. */
  readonly lacking: () => readonly string[]
  readonly alerts: Pick<AlertOptions, 'describe' | 'senderContacts'>
  readonly limits: DecodeLimits
  /** Age above which verdicts are `late`, ms; 0: never. */
  readonly maxAge: number
  readonly clock: BoundedClock
}

/** The verdict on a record, or why there is none. */
export type CheckAnswer =
  | { readonly verdict: Verdict; readonly reasons: readonly Omit<AlertReason, 'rule'>[] }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } }

const NO_BYTES = Buffer.alloc(0)

/**
 * Judges records on request by text, registry, consents and current open states. It counts nothing, stores nothing and
 * changes no state; rates only have an effect through the states that are open.
 */
export class Checker {
  readonly #parts: CheckerParts

  constructor(parts: CheckerParts) {
    this.#parts = parts
  }

  /**
   * One answer per record, in order. The verdicts are `degraded` if the ledger cannot be reached or is known to be
   * incomplete. Never rejects because of the content of a record.
   */
  async check(records: readonly unknown[]): Promise<CheckAnswer[]> {
    const { tokenise, versions, lacking } = this.#parts
    const { current } = versions
    const answers = new Array<CheckAnswer>(records.length)
    const keepApart = <T>(index: number, work: () => T): T | undefined => {
      try {
        return work()
      } catch (error) {
        answers[index] = defectOf(error)
        return undefined
      }
    }
    const read = records.flatMap((record, index) => {
      const message = this.#read(record, index)
      if (!('error' in message)) return keepApart(index, () => [readMessage(message, tokenise)]) ?? []
      answers[index] = message
      return []
    })
    // Before waiting for anything: a replaced model may be closed meanwhile.
    const { classifier } = current
    const alone = (one: ExtractedMessage) =>
      keepApart(one.position.offset, () => classify([one], classifier)) ?? []
    const classified = allOrEach(
      () => classify(read, classifier),
      () => read.flatMap(alone),
    )
    const { knownOf, reached } = await this.#consult(classified)
    const degraded = !reached || lacking().length > 0
    for (const message of classified)
      answers[message.position.offset] = this.#answer(message, knownOf, current, degraded)
    return answers
  }

  /** Reads an input record as a message; a single part is judged on its own. */
  #read(fields: unknown, offset: number): Message | Extract<CheckAnswer, { error: unknown }> {
    const position = { topic: 'check', partition: 0, offset }
    const now = this.#parts.clock.now()
    const latest = this.#parts.clock.latest()
    const raw = { position, timestamp: Number.isFinite(latest) ? latest : now, value: NO_BYTES }
    const record = decode(raw, this.#parts.limits, () => asObject(fields))
    if (isRejection(record)) return { error: { code: record.error, detail: record.detail } }
    return record.part === undefined
      ? messageOf(record, position, now)
      : partOf(record, record.part, position, now)
  }

  async #consult(messages: readonly AnalysedMessage[]): Promise<{ knownOf: KnownOf; reached: boolean }> {
    const { ledger, states } = this.#parts
    const { allowances } = states
    const reading = {
      lookup: ledger.lookup.bind(ledger),
      // Only looks up earlier consent requests: this request must not count as one.
      asked: ledger.askedBefore.bind(ledger),
    }
    try {
      return { knownOf: await consult(messages, reading, allowances), reached: true }
    } catch (error) {
      if (!(error instanceof SigwatchError && error.retry)) throw error
      return { knownOf: notConsulted(allowances), reached: false }
    }
  }

  /** A defect on one message becomes its answer and does not affect the others. */
  #answer(message: AnalysedMessage, knownOf: KnownOf, versions: Versions, degraded: boolean): CheckAnswer {
    try {
      return this.#judge(message, knownOf(message), versions, degraded)
    } catch (error) {
      return defectOf(error)
    }
  }

  #judge(message: AnalysedMessage, before: KnownBefore, versions: Versions, degraded: boolean): CheckAnswer {
    const { detectors, states, maxAge, clock, alerts } = this.#parts
    const { senderContacts, describe } = alerts
    // The traffic may lag the clock by more than the hold: a state applies as long as its readers have it.
    const open = states.openStatesFor(message, true)
    const knowledge = { ...before, states: open, now: clock.earliest(), maxAge }
    const { decision } = judge(message, knowledge, versions, detectors.message)
    const context = { now: clock.now(), model: versions.classifier.id, degraded }
    const [verdict] = verdictsOf(decision, context, { explain: false, senderContacts })
    const clear = contactsInClear(decision.action, senderContacts)
    return {
      verdict: verdict!,
      reasons: decision.reasons.map(({ code, score, action, evidence }) => {
        const shown = showEvidence(evidence, clear, message.to)
        // Built from the evidence as shown, so that the sentence reveals no more.
        return { code, score, action, detail: describe({ code, evidence: shown }).detail, evidence: shown }
      }),
    }
  }
}

/** An answer that reveals nothing of the record. */
function defectOf(error: unknown): CheckAnswer {
  return { error: { code: 'INTERNAL', detail: `it cannot be judged: ${kindOf(error)}` } }
}

/** One call for all; if that throws, one call for each. */
function allOrEach<T>(all: () => T, each: () => T): T {
  try {
    return all()
  } catch {
    return each()
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (isMapping(value)) return value
  throw new RecordError('RECORD_NOT_OBJECT', 'must be a JSON object')
}
