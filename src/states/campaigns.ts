import type { BackedSignal } from '../stages/rate.ts'

/** Bands remembered; the oldest are forgotten first. */
const REMEMBERED = 50_000

/**
 * One campaign has four MinHash bands and each may cross its limit. Its id is the first band to cross; the others become
 * aliases. `isOpen`: whether a campaign of that id is open, on whichever instance.
 */
export function createCampaignNames(isOpen: (id: string) => boolean) {
  const aliases = new Map<string, string>()

  function nameOf(band: string, bands: readonly string[]): string {
    const known = [band, ...bands]
      .map((b) => aliases.get(b) ?? (isOpen(b) ? b : undefined))
      .find((id) => id !== undefined)
    const name = known ?? band
    for (const b of [band, ...bands]) {
      if (aliases.has(b)) continue
      if (aliases.size >= REMEMBERED) aliases.delete(aliases.keys().next().value as string)
      aliases.set(b, name)
    }
    return name
  }

  /** The signal under the name of its campaign. */
  return function canonical(backed: BackedSignal): BackedSignal {
    const { signal, messages } = backed
    if (signal.target.kind !== 'campaign') return backed
    const id = nameOf(signal.target.id, messages.at(-1)?.bands ?? [])
    if (id === signal.target.id) return backed
    return {
      messages,
      signal: { ...signal, target: { kind: 'campaign', id }, match: { ...signal.match, campaign: id } },
    }
  }
}
