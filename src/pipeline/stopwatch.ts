import type { Emit, TimedStage } from '../domain/events.ts'

/** Times the stages of one batch, one after the other. */
export class Stopwatch {
  readonly #emit: Emit
  #last = performance.now()

  constructor(emit: Emit) {
    this.#emit = emit
  }

  lap(stage: TimedStage): void {
    const now = performance.now()
    this.#emit({ name: 'stage_timed', stage, seconds: (now - this.#last) / 1000 })
    this.#last = now
  }
}
