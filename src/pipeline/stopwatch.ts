import type { Emit, TimedStage } from '../domain/events.ts'

export class Stopwatch {
  readonly #emit: Emit
  #last = performance.now()

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /** `ahead` is the time spent on the stage earlier, s. */
  lap(stage: TimedStage, ahead = 0): void {
    const now = performance.now()
    this.#emit({ name: 'stage_timed', stage, seconds: ahead + (now - this.#last) / 1000 })
    this.#last = now
  }
}
