/** What the heads of a text model say of a text, by group; `warns` stands alone. */
export const HEAD_GROUPS = {
  asks: ['payment', 'secret', 'app', 'contact', 'call', 'reply', 'link'],
  tone: ['lure', 'pressure', 'threat'],
  speaks: ['brand', 'office', 'person', 'shop'],
} as const

export const HEADS = [...HEAD_GROUPS.asks, ...HEAD_GROUPS.tone, ...HEAD_GROUPS.speaks, 'warns'] as const
export type Head = (typeof HEADS)[number]

type Group<G extends keyof typeof HEAD_GROUPS> = Readonly<Record<(typeof HEAD_GROUPS)[G][number], number>>

/** From here on a text has a head. */
const LIKELY = 0.5

/** The heads that a text has. */
export function likelyHeads({ asks, tone, speaks, warns }: HeadReading): Head[] {
  const likely: Head[] = []
  for (const head of HEAD_GROUPS.asks) if (asks[head] >= LIKELY) likely.push(head)
  for (const head of HEAD_GROUPS.tone) if (tone[head] >= LIKELY) likely.push(head)
  for (const head of HEAD_GROUPS.speaks) if (speaks[head] >= LIKELY) likely.push(head)
  if (warns >= LIKELY) likely.push('warns')
  return likely
}

/** Probabilities, each by itself: a text may ask for several things, and for none. */
export interface HeadReading {
  /** What the reader is to do. */
  readonly asks: Group<'asks'>
  readonly tone: Group<'tone'>
  /** As whom the text speaks, truly or not. */
  readonly speaks: Group<'speaks'>
  /** The text warns of fraud. */
  readonly warns: number
}
