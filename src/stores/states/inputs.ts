import type { BackedSignal, StateInput } from '../../domain/state.ts'
import { nameCampaigns } from './campaigns.ts'
import type { OpenStates } from './open-states.ts'

/** The signals of a batch in the order of event time, campaigns under their names, each with the record it came from. */
export function stateInputsOf(
  signals: readonly BackedSignal[],
  open: Pick<OpenStates, 'campaignOf'>,
  degraded: boolean,
): StateInput[] {
  if (signals.length === 0) return []
  const named = nameCampaigns(signals.toSorted(byTime), (band, at) => open.campaignOf(band, at))
  return named.flatMap(({ signal, messages }) => {
    const message = messages.at(-1)
    if (!message) return []
    const position = message.origins[0]!.position
    return [{ signal, message, samples: messages.slice(0, -1), position, degraded }]
  })
}

/** Of the bands of a campaign that cross together the same one names it, whatever store found them. */
function byTime({ signal: a }: BackedSignal, { signal: b }: BackedSignal): number {
  return a.at - b.at || (a.target.id < b.target.id ? -1 : a.target.id > b.target.id ? 1 : 0)
}
