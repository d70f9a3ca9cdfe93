/** Heads of a text model by group; `warns` is on its own. */
export const HEAD_GROUPS = {
  asks: ['payment', 'secret', 'app', 'contact', 'call', 'reply', 'link'],
  tone: ['lure', 'pressure', 'threat'],
  speaks: ['brand', 'office', 'person', 'shop'],
} as const

export const HEADS = [...HEAD_GROUPS.asks, ...HEAD_GROUPS.tone, ...HEAD_GROUPS.speaks, 'warns'] as const
export type Head = (typeof HEADS)[number]

type Group<G extends keyof typeof HEAD_GROUPS> = Readonly<Record<(typeof HEAD_GROUPS)[G][number], number>>

/** Probability from which a head applies. */
const LIKELY = 0.5

export function likelyHeads({ asks, tone, speaks, warns }: HeadReading): Head[] {
  const likely: Head[] = []
  for (const head of HEAD_GROUPS.asks) if (asks[head] >= LIKELY) likely.push(head)
  for (const head of HEAD_GROUPS.tone) if (tone[head] >= LIKELY) likely.push(head)
  for (const head of HEAD_GROUPS.speaks) if (speaks[head] >= LIKELY) likely.push(head)
  if (warns >= LIKELY) likely.push('warns')
  return likely
}

/** Independent probabilities: a text may ask for several things, or for none. */
export interface HeadReading {
  readonly asks: Group<'asks'>
  readonly tone: Group<'tone'>
  readonly speaks: Group<'speaks'>
  readonly warns: number
}
