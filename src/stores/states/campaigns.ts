import { specOf } from '../../detection/detectors/all.ts'
import { stateId } from '../../domain/hash.ts'
import type { BackedSignal } from '../../domain/state.ts'
import type { StateRecord } from '../../domain/state-store.ts'

/** Share of a campaign's messages that must have a band for it to become the name. */
const NAMING_SHARE = 0.8

/**
 * Renames the campaign signals of a batch to their campaign. Each of a campaign's MinHash bands (four, or more if
 * its wording varies) may cross the limit. At the first crossing, the lowest of the bands shared by most of its
 * messages becomes the name, regardless of order and instance; the others become aliases. `campaignOf` returns the
 * campaign open under a band at an event time, on any instance. Signals for a shared destination are not about a
 * template and keep their names.
 */
export function nameCampaigns(
  backed: readonly BackedSignal[],
  campaignOf: (band: string, at: number) => string | undefined,
): BackedSignal[] {
  const counts = countsByBand(backed)
  /** Names given in this batch, whose states are not open yet. */
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

function countsByBand(backed: readonly BackedSignal[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { signal } of backed) {
    const { messages } = signal.evidence
    if (specOf(signal.code).findsTemplates && typeof messages === 'number')
      counts.set(signal.target.id, messages)
  }
  return counts
}

/** The ids under which a state may rise: found by another of its bands, it is the same campaign. */
export function idsOf({ id, code, target, aliases = [] }: StateRecord, deployment: string): string[] {
  return [id, ...aliases.map((band) => stateId(deployment, code, { kind: target.kind, id: band }))]
}
