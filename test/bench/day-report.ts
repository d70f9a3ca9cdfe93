import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Tokenise } from '../../src/domain/token.ts'
import type { PlantedEvent } from '../../src/offline/simulator/plants.ts'
import type { RecordTruth } from '../../src/offline/simulator/records.ts'
import { judgeStates, type StateReport, StateTrack } from './day-states.ts'
import { type MessageReport, MessageTally } from './day-verdicts.ts'

export type PlantedLine = PlantedEvent & { readonly plant: number }

/** Output of `simulate --truth`, and the end of the traffic (epoch ms). */
export interface Truth {
  readonly events: readonly PlantedLine[]
  readonly records: ReadonlyMap<string, RecordTruth>
  readonly start: number
  readonly end: number
}

export interface DayReport {
  readonly hours: number
  readonly states: StateReport
  readonly messages: MessageReport
}

/**
 * Compares alerts and verdicts on simulated traffic with the truth. They are added one by one; alerts in the order of the topic or
 * file, verdicts in any order. Independent of files and services, so that embedded and Kafka runs are judged alike. `tokenise`:
 * with the key of the service.
 */
export function createDayReport(truth: Truth, tokenise: Tokenise) {
  const track = new StateTrack()
  const tally = new MessageTally(truth.records)
  return {
    alert(alert: Alert): void {
      if (alert.data.target.kind !== 'message' && alert.data.mode === 'enforce') track.add(alert)
    },
    verdict(verdict: Verdict): void {
      tally.add(verdict)
    },
    result(): DayReport {
      const states = judgeStates(track.raises(), truth, tokenise)
      return {
        hours: (truth.end - truth.start) / 3_600_000,
        states: states.report,
        messages: tally.result(states.wrong),
      }
    },
  }
}
