import type { BackedSignal, StateInput } from '../../domain/state.ts'
import { nameCampaigns } from './campaigns.ts'
import type { OpenStates } from './open-states.ts'

/** The signals of a batch in event-time order, with campaigns renamed, each with the record that caused it. */
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

/** Ties are broken by id, so that the name of a campaign does not depend on the store. */
function byTime({ signal: a }: BackedSignal, { signal: b }: BackedSignal): number {
  return a.at - b.at || (a.target.id < b.target.id ? -1 : a.target.id > b.target.id ? 1 : 0)
}
