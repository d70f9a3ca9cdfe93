import { specOf } from '../../src/detection/detectors/all.ts'
import type { Verdict } from '../../src/domain/alert.ts'
import type { Code } from '../../src/domain/codes.ts'
import { type Action, stronger } from '../../src/domain/decision.ts'
import type { RecordTruth } from '../../src/offline/simulator/records.ts'

const FORGED: ReadonlySet<Code> = new Set(['FORGED_BRAND', 'LOOKALIKE_SIGNATURE', 'LOOKALIKE_DOMAIN'])
/** Number of ids kept for each kind of wrong verdict. */
const SHOWN = 5

export interface CodeRecall {
  readonly event: string
  readonly code: Code
  readonly records: number
  readonly found: number
}

/** Wrong verdicts of one kind; `event` is `ordinary` for traffic that was not planted. */
export interface Wrong {
  readonly event: string
  readonly what: string
  readonly count: number
  readonly ids: readonly string[]
}

export interface MessageReport {
  readonly verdicts: number
  readonly ordinary: number
  readonly forged: {
    readonly truePositive: number
    readonly falsePositive: number
    readonly falseNegative: number
  }
  readonly recall: readonly CodeRecall[]
  /** Number of records by kind of near-miss. */
  readonly nearMisses: Readonly<Record<string, number>>
  /** Ordinary records blocked or throttled by their own findings. */
  readonly ordinaryBlocked: number
  /** Ordinary records blocked or throttled only by a state: a false one, or one of a planted event. */
  readonly underFalseState: number
  readonly underPlantedState: number
  readonly wrong: readonly Wrong[]
}

/** Judges verdicts by record: each part of a joined message has the verdict of the whole. */
export class MessageTally {
  readonly #truth: ReadonlyMap<string, RecordTruth>
  readonly #recall = new Map<string, { event: string; code: Code; records: number; found: number }>()
  readonly #wrong = new Map<string, { event: string; what: string; count: number; ids: string[] }>()
  readonly #near = new Map<string, number>()
  /** Ordinary records blocked or throttled only by a state, by its id. */
  readonly #byState = new Map<string, number>()
  readonly #forged = { truePositive: 0, falsePositive: 0, falseNegative: 0 }
  #verdicts = 0
  #ordinary = 0
  #blocked = 0

  constructor(truth: ReadonlyMap<string, RecordTruth>) {
    this.#truth = truth
  }

  add({ id, action, reasons, states }: Verdict): void {
    this.#verdicts++
    const truth = this.#truth.get(id)
    if (truth?.label === 'invalid') return
    const kind = truth?.event ?? 'ordinary'
    this.#judgeForged(id, kind, truth?.codes ?? [], reasons)
    for (const code of truth?.codes ?? []) this.#count(id, kind, code, reasons.includes(code))
    const near = kind.startsWith('near-')
    if (near) this.#near.set(kind, (this.#near.get(kind) ?? 0) + 1)
    if (near || !truth)
      for (const code of reasons) if (specOf(code).action !== 'none') this.#note(kind, code, id)
    if (truth) return
    this.#ordinary++
    if (action !== 'block' && action !== 'throttle') return
    const own = reasons.reduce<Action>((most, code) => stronger(most, specOf(code).action), 'none')
    if (own === 'block' || own === 'throttle') this.#blocked++
    else for (const state of states.slice(0, 1)) this.#byState.set(state, (this.#byState.get(state) ?? 0) + 1)
  }

  #judgeForged(id: string, kind: string, expected: readonly Code[], reasons: readonly Code[]): void {
    const is = expected.some((code) => FORGED.has(code))
    const said = reasons.some((code) => FORGED.has(code))
    if (is && said) this.#forged.truePositive++
    else if (said) {
      this.#forged.falsePositive++
      this.#note(kind, 'taken for forged', id)
    } else if (is) this.#forged.falseNegative++
  }

  #count(id: string, event: string, code: Code, found: boolean): void {
    const key = `${event}/${code}`
    const known = this.#recall.get(key) ?? { event, code, records: 0, found: 0 }
    known.records++
    if (found) known.found++
    else this.#note(event, `without ${code}`, id)
    this.#recall.set(key, known)
  }

  #note(event: string, what: string, id: string): void {
    const key = `${event}/${what}`
    const known = this.#wrong.get(key) ?? { event, what, count: 0, ids: [] }
    known.count++
    if (known.ids.length < SHOWN) known.ids.push(id)
    this.#wrong.set(key, known)
  }

  /** `falseStates`: ids of states that no planted event explains. */
  result(falseStates: ReadonlySet<string>): MessageReport {
    let underFalseState = 0
    let underPlantedState = 0
    for (const [state, count] of this.#byState) {
      if (falseStates.has(state)) underFalseState += count
      else underPlantedState += count
    }
    return {
      verdicts: this.#verdicts,
      ordinary: this.#ordinary,
      forged: { ...this.#forged },
      recall: [...this.#recall.values()],
      nearMisses: Object.fromEntries(this.#near),
      ordinaryBlocked: this.#blocked,
      underFalseState,
      underPlantedState,
      wrong: [...this.#wrong.values()].sort((a, b) => b.count - a.count),
    }
  }
}
