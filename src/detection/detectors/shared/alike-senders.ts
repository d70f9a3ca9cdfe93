import type { Alike, AlikePlace, SaidBefore } from '../../../domain/alike.ts'
import type { MemberObservation, MemberReading } from '../../../domain/feature-store.ts'
import { given } from '../../../domain/given.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import { HOUR } from '../../../domain/time.ts'

/** Entity of the set of senders that say the same in words of their own: filed, or fraudulent. */
export const ALIKE_SENDERS = 'campaign-alike:'
/** Of the set of centres of such groups, by which instances agree on keys. */
const CENTRES = 'campaign-centre:'
const CENTRES_WINDOW = 2 * HOUR

/** What is known of a sender in a group of alike texts, as the first sign of a member of its set. */
const SIGNS = { familiar: 'f', new: 'n', unknown: 'u', malicious: 'm' } as const satisfies Record<
  SaidBefore | 'malicious',
  string
>

/** Names of so many trades are no chain and no platform of one trade. */
const TRADES = 4
/** Of the signatures that an opinion rests on, as a share of those that are asked for. */
const KNOWN_SHARE = 2 / 3

/** What a message counts for the texts that it is like. */
export interface AmongAlike {
  readonly observations: readonly MemberObservation[]
  readonly shared?: AlikePlace['shared']
}

export const NOT_COMPARED: AmongAlike = { observations: [] }

/** One that leads nowhere only shows what its signature advertises. `place`: where it leads, as far as its link tells. */
export function amongAlike(
  message: AnalysedMessage,
  { leads, place }: { readonly leads: boolean; readonly place: string | undefined },
  alike: Alike,
  asked: Omit<MemberObservation, 'entity'>,
): AmongAlike {
  const { malicious } = message
  if (!leads) {
    if (!malicious) alike.learn(message)
    return NOT_COMPARED
  }
  const { group, news, shared } = alike.placeOf(message, place)
  const sign = group && SIGNS[malicious ? 'malicious' : group.said]
  const observations = [
    ...(group
      ? [{ ...asked, entity: `${ALIKE_SENDERS}${group.key}`, member: `${sign}${asked.member}` }]
      : []),
    ...(news?.cells ?? []).map((cell) => ({
      entity: `${CENTRES}${cell}`,
      member: (news as NonNullable<typeof news>).centre,
      window: CENTRES_WINDOW,
      reportFrom: 1,
      minCount: 1,
    })),
  ]
  return { observations, ...given({ shared }) }
}

/** Takes over centres of other instances from a reading of such; false: it is of something else. */
export function takeOver({ entity, members }: MemberReading, alike: Alike | undefined): boolean {
  if (!entity.startsWith(CENTRES)) return false
  alike?.adopt(members)
  return true
}

/** The members without what is known of them. */
export function sendersOf(members: readonly string[]): string[] {
  return members.map((member) => member.slice(1))
}

/** What the signatures of a group say now against what they have said and what they are called. */
export interface OffTopic {
  /** Known for other advertisements, or fraudulent. */
  readonly newToIt: number
  /** Have advertised so before. */
  readonly familiar: number
  /** Signatures of each trade that names tell. */
  readonly trades: ReadonlyMap<string, number>
  readonly signatures: number
}

export function offTopicOf(members: readonly string[], alike: Alike | undefined): OffTopic {
  const known = new Map<string, Set<string>>()
  for (const member of members) {
    const signature = member.slice(1, member.lastIndexOf('@'))
    known.set(signature, (known.get(signature) ?? new Set()).add(member[0] as string))
  }
  let newToIt = 0
  let familiar = 0
  const trades = new Map<string, number>()
  for (const [signature, signs] of known) {
    if (signs.has(SIGNS.familiar)) familiar++
    else if (signs.has(SIGNS.new) || signs.has(SIGNS.malicious)) newToIt++
    const trade = alike?.tradeOf(signature)
    if (trade !== undefined) trades.set(trade, (trades.get(trade) ?? 0) + 1)
  }
  return { newToIt, familiar, trades, signatures: known.size }
}

/**
 * Whether enterprises that say the same have no reason of their own to: most of those whose advertisements are known never
 * said so, or their names tell many trades. Where more than half of the names tell one trade, or a quarter has said so
 * before, it is what such enterprises say.
 */
export function isOffTopic({ newToIt, familiar, trades, signatures }: OffTopic, asked: number): boolean {
  const least = KNOWN_SHARE * asked
  const named = [...trades.values()]
  const total = named.reduce((sum, count) => sum + count, 0)
  if (Math.max(0, ...named) * 2 > Math.max(total, signatures / 2)) return false
  if (familiar * 3 > newToIt && familiar * 4 > asked) return false
  return newToIt >= least || (total >= least && trades.size >= TRADES)
}
