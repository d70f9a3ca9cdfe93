import type { Emit, TimedStage } from '../domain/events.ts'

/** Times the stages of one batch, one after the other. */
export function createStopwatch(emit: Emit) {
  let last = performance.now()
  return {
    lap(stage: TimedStage): void {
      const now = performance.now()
      emit({ name: 'stage_timed', stage, seconds: (now - last) / 1000 })
      last = now
    },
  }
}
