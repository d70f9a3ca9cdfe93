import { setTimeout as sleep } from 'node:timers/promises'
import type { Feed } from '../analyst/evidence/feed.ts'
import { SigwatchError } from '../domain/errors.ts'
import { jsonOf } from '../domain/json.ts'
import { MINUTE } from '../domain/time.ts'
import type { FeedbackResult } from '../pipeline/feedback-answers.ts'

/** Interval between reads of the results, ms. */
const LOOK_EVERY = 300

/** Prints the service's result for a feedback row; `ts` is the time of the row. Rejects with FEEDBACK_REFUSED or FEEDBACK_UNANSWERED. */
export async function answered(answers: Feed, feedbackId: string, ts: number, within: number): Promise<void> {
  const end = performance.now() + within
  let found: FeedbackResult | undefined
  while (!found && performance.now() < end) {
    await sleep(Math.min(LOOK_EVERY, end - performance.now()))
    await answers.read({ from: ts - MINUTE }, ({ key, value }) => {
      if (key === feedbackId && value) found = jsonOf<FeedbackResult>(value)
    })
  }
  if (!found)
    throw new SigwatchError(
      'FEEDBACK_UNANSWERED',
      `no answer to ${feedbackId} in ${answers.name} within ${within} ms`,
    )
  if (found.outcome === 'refused') throw new SigwatchError('FEEDBACK_REFUSED', found.why ?? 'refused')
  const states = found.states.length === 0 ? '' : `: state ${found.states.join(', ')}`
  process.stderr.write(`${found.outcome}${found.pending ? ', waits for approval' : ''}${states}\n`)
}
