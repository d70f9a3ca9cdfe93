import type { Finding } from '../domain/decision.ts'
import type { Judged } from '../domain/detector.ts'
import type { Emit } from '../domain/events.ts'
import type { AnalysedMessage, Message } from '../domain/message.ts'
import type { OutputRecord } from '../domain/ports.ts'
import type { ExtractedMessage } from '../stages/classify.ts'
import type { Decision, MatchingState } from '../stages/decide.ts'
import type { BackedSignal, Rated } from '../stages/rate.ts'
import { attempt, deadLetter, type Intaken, outputsOf } from './outputs.ts'
import { createStopwatch } from './stopwatch.ts'

/** The stages in the order of the flow; each is pure or talks through a port. */
export interface Stages<Consulted> {
  readonly extract: (message: Message) => ExtractedMessage
  readonly classify: (batch: readonly ExtractedMessage[]) => AnalysedMessage[]
  /** What the ledgers know of each message; `reached` false: they could not be asked. */
  readonly consult: (
    batch: readonly AnalysedMessage[],
    eventTime: number,
  ) => Promise<{ readonly known: readonly Consulted[]; readonly reached: boolean }>
  readonly detect: (message: AnalysedMessage, consulted: Consulted) => readonly Finding[]
  readonly rate: (batch: readonly Judged[]) => Promise<Rated>
  readonly transition: (signals: readonly BackedSignal[], degraded: boolean) => Promise<void>
  readonly statesOf: (message: AnalysedMessage) => readonly MatchingState[]
  readonly decide: (judged: Judged, states: readonly MatchingState[], degraded: boolean) => Decision
}

/** What a batch leads to: records for the sink, in order. */
export interface BatchOutcome {
  readonly outputs: readonly OutputRecord[]
}

/**
 * The whole order of the work on one batch, from what the door took in to what the sink is given. A message on which a
 * pure stage throws becomes a dead letter of its own and holds up nobody.
 */
export function createPipeline<Consulted>(stages: Stages<Consulted>, emit: Emit) {
  return async function process(items: readonly Intaken[]): Promise<BatchOutcome> {
    const watch = createStopwatch(emit)
    const outputs: OutputRecord[] = []
    const lost = (message: Message, stage: string, error: unknown) => {
      for (const origin of message.origins) outputs.push(deadLetter(origin, stage, error, emit))
    }

    const extracted: ExtractedMessage[] = []
    for (const item of items) {
      if (item.kind === 'rejected') outputs.push(item.output)
      else
        attempt(
          () => extracted.push(stages.extract(item.message)),
          (e) => lost(item.message, 'extract', e),
        )
    }
    watch.lap('intake')

    const analysed = stages.classify(extracted)
    watch.lap('classify')

    const { known, reached } = await stages.consult(analysed, eventTimeOf(items))
    const judged: Judged[] = []
    analysed.forEach((message, i) => {
      const detect = () => judged.push({ message, findings: stages.detect(message, known[i]!) })
      attempt(detect, (e) => lost(message, 'detect', e))
    })
    watch.lap('detect')

    const { signals, counted } = await stages.rate(judged)
    watch.lap('rate')

    const degraded = !counted || !reached
    await stages.transition(signals, degraded)
    const decisions = judged.map((j) => stages.decide(j, stages.statesOf(j.message), degraded))
    outputs.push(...outputsOf(decisions, judged, emit))
    watch.lap('decide')

    return { outputs }
  }
}

/** How far event time has come with a batch: the highest of its partitions. */
function eventTimeOf(items: readonly Intaken[]): number {
  return items.reduce(
    (time, item) => (item.kind === 'message' ? Math.max(time, item.eventTime) : time),
    Number.NEGATIVE_INFINITY,
  )
}
