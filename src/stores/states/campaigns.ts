import { specOf } from '../../detection/detectors/all.ts'
import { stateId } from '../../domain/hash.ts'
import type { BackedSignal } from '../../domain/state.ts'
import type { StateRecord } from '../../domain/state-store.ts'

/** A band that this share of a campaign's messages have may name it. */
const NAMING_SHARE = 0.8

/**
 * The signals of a batch, those of campaigns under the names of their campaigns. One campaign has four MinHash bands and
 * more where its wording varies; each may cross its limit. When the first does, the least of the bands that most of its
 * messages have names it, whichever came first and on whichever instance; the others become its aliases. `campaignOf`:
 * the campaign that is open under a band at an event time, on any instance. What senders lead to in whatever words is no template: its
 * state keeps its own name.
 */
export function nameCampaigns(
  backed: readonly BackedSignal[],
  campaignOf: (band: string, at: number) => string | undefined,
): BackedSignal[] {
  const counts = countsByBand(backed)
  /** Given in this batch: their states are not open yet. */
  const names = new Map<string, string>()

  function named({ signal, messages }: BackedSignal): BackedSignal {
    if (signal.target.kind !== 'campaign' || signal.match.campaign === undefined) return { signal, messages }
    const own = signal.target.id
    const bands = [...new Set([own, ...(messages.at(-1)?.bands ?? [])])]
    let name = bands
      .map((band) => names.get(band) ?? campaignOf(band, signal.at))
      .find((id) => id !== undefined)
    if (name === undefined && signal.over) {
      const enough = NAMING_SHARE * (counts.get(own) ?? Number.POSITIVE_INFINITY)
      name = bands.filter((band) => band === own || (counts.get(band) ?? 0) >= enough).sort()[0]
    }
    if (name === undefined) return { signal, messages }
    for (const band of bands) if (!names.has(band)) names.set(band, name)
    const aliases = bands.filter((band) => band !== name)
    const match = { ...signal.match, campaign: name }
    return { messages, signal: { ...signal, target: { kind: 'campaign', id: name }, match, aliases } }
  }
  return backed.map(named)
}

/** Messages of the window that have each band. */
function countsByBand(backed: readonly BackedSignal[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { signal } of backed) {
    const { messages } = signal.evidence
    if (specOf(signal.code).findsTemplates && typeof messages === 'number')
      counts.set(signal.target.id, messages)
  }
  return counts
}

/** The ids under which a state may rise: a campaign that is found by another of its bands is the same. */
export function idsOf({ id, code, target, aliases = [] }: StateRecord, deployment: string): string[] {
  return [id, ...aliases.map((band) => stateId(deployment, code, { kind: target.kind, id: band }))]
}
