import type { Signal } from '../domain/decision.ts'
import type { BackedSignal } from '../stages/rate.ts'

/** Bands remembered; the oldest are forgotten first. */
const REMEMBERED = 50_000
/** A band that this share of a campaign's messages have may name it. */
const NAMING_SHARE = 0.8

/**
 * One campaign has four MinHash bands and more where its wording varies; each may cross its limit. When the first does,
 * the least of the bands that most of its messages have names it, whichever came first and on whichever instance; the
 * others become aliases. `campaignOf`: the campaign that is open under a band, on any instance.
 */
export function createCampaignNames(campaignOf: (band: string) => string | undefined) {
  const names = new Map<string, string>()

  function remember(bands: readonly string[], name: string): void {
    for (const band of bands) {
      if (names.has(band)) continue
      if (names.size >= REMEMBERED) names.delete(names.keys().next().value as string)
      names.set(band, name)
    }
  }

  function named({ signal, messages }: BackedSignal, counts: ReadonlyMap<string, number>): BackedSignal {
    if (signal.target.kind !== 'campaign') return { signal, messages }
    const own = signal.target.id
    const bands = [...new Set([own, ...(messages.at(-1)?.bands ?? [])])]
    let name = bands.map((band) => names.get(band) ?? campaignOf(band)).find((id) => id !== undefined)
    if (name === undefined && signal.over) {
      const enough = NAMING_SHARE * (counts.get(own) ?? Number.POSITIVE_INFINITY)
      name = bands.filter((band) => band === own || (counts.get(band) ?? 0) >= enough).sort()[0]
    }
    if (name === undefined) return { signal, messages }
    remember(bands, name)
    const aliases = bands.filter((band) => band !== name)
    const match = { ...signal.match, campaign: name }
    return { messages, signal: { ...signal, target: { kind: 'campaign', id: name }, match, aliases } }
  }

  /** The signals of a batch, those of campaigns under the names of their campaigns. */
  return function nameCampaigns(backed: readonly BackedSignal[]): BackedSignal[] {
    const counts = new Map<string, number>()
    for (const { signal } of backed) {
      const messages = messagesOf(signal)
      if (messages !== undefined) counts.set(signal.target.id, messages)
    }
    return backed.map((one) => named(one, counts))
  }
}

/** Messages of the window that have the band. */
function messagesOf({ code, target, evidence }: Signal): number | undefined {
  return code === 'CAMPAIGN_BURST' && target.kind === 'campaign' && typeof evidence.messages === 'number'
    ? evidence.messages
    : undefined
}
