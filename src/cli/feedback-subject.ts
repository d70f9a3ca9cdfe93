import type { Alert } from '../domain/alert.ts'
import { parseTarget } from '../domain/codes.ts'
import type { Target } from '../domain/decision.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { FeedbackVerdict } from '../domain/events.ts'
import { jsonOf } from '../domain/json.ts'
import { DAY } from '../domain/time.ts'
import { isOrderable, ORDERED_FORM, portFault } from '../pipeline/side-inputs/row-checks.ts'
import type { FeedbackPlace } from '../service/compose-feedback.ts'

/** How far back alerts are searched, ms. */
const REMEMBERED = DAY

/** The subject that an id refers to. The id of a state or message must occur in an alert of the last day. */
export async function subjectOf(place: FeedbackPlace, id: string, verdict: FeedbackVerdict, now: number) {
  return { ...(await aboutOf(place, id, verdict, now)), verdict }
}

async function aboutOf(place: FeedbackPlace, id: string, verdict: FeedbackVerdict, now: number) {
  if (verdict === 'block' && id.startsWith(TEMPLATE))
    return { target: `${TEMPLATE}${await messageOf(place, id.slice(TEMPLATE.length), now)}` }
  const target = parseTarget(id)
  if (verdict === 'block') checkOrdered(target)
  if (target) return { target: id }
  if (verdict === 'unblock') return { stateId: id }
  if (verdict === 'exempt') throw new SigwatchError('USAGE', `"${id}" is not a target: write <kind>:<id>`)
  if (place.alerts.length === 0)
    throw new SigwatchError('USAGE', 'no alerts to look up the id in: give them with --alerts FILE')
  let found: 'stateId' | 'messageId' | undefined
  for (const feed of place.alerts) {
    await feed.read({ from: now - REMEMBERED }, ({ value }) => {
      if (value === null || found || !value.includes(id)) return
      const data = jsonOf<Alert>(value)?.data
      if (data?.state?.id === id) found = 'stateId'
      else if (data?.message?.id === id || data?.samples?.some((sample) => sample.id === id))
        found = 'messageId'
    })
  }
  if (!found) {
    const where = place.alerts.map(({ name }) => name).join(', ')
    throw new SigwatchError('USAGE', `no alert of the last day is about "${id}" (looked in ${where})`)
  }
  return { [found]: id }
}

function checkOrdered(target: Target | undefined): void {
  if (!isOrderable(target?.kind))
    throw new SigwatchError('USAGE', `this cannot be blocked manually: write ${ORDERED_FORM}`)
  const { kind, id } = target!
  if (kind !== 'port' && kind !== 'sender') return
  const fault = portFault(id.slice(id.lastIndexOf('@') + 1))
  if (fault !== undefined) throw new SigwatchError('USAGE', fault)
}

const TEMPLATE = 'template:'

/** The id of the message of an alert. If no alert of the last day has the id, it is taken for the id of a message. */
async function messageOf(place: FeedbackPlace, id: string, now: number): Promise<string> {
  let found: string | undefined
  for (const feed of place.alerts) {
    await feed.read({ from: now - REMEMBERED }, ({ value }) => {
      if (value === null || found !== undefined || !value.includes(id)) return
      const alert = jsonOf<Alert>(value)
      if (alert?.id === id) found = alert.data.message?.id
    })
  }
  return found ?? id
}
