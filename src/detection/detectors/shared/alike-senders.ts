import type { Alike, AlikePlace, SaidBefore } from '../../../domain/alike.ts'
import type { MemberObservation, MemberReading } from '../../../domain/feature-store.ts'
import { given } from '../../../domain/given.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import { HOUR } from '../../../domain/time.ts'

/** Entity prefix of the set of senders of similar texts in different wording: filed, or fraudulent. */
export const ALIKE_SENDERS = 'campaign-alike:'
/** Entity prefix of the set of centres of such groups, used to agree on keys between instances. */
const CENTRES = 'campaign-centre:'
const CENTRES_WINDOW = 2 * HOUR

/** What is known of a sender in a group of similar texts: the first character of its set member. */
const SIGNS = { familiar: 'f', new: 'n', unknown: 'u', malicious: 'm' } as const satisfies Record<
  SaidBefore | 'malicious',
  string
>

/** From this many trades, names do not indicate a chain or a platform of one trade. */
const TRADES = 4
/** Minimum share of the required signatures that must be known for an opinion. */
const KNOWN_SHARE = 2 / 3

/** The observations of a message for the group of texts it resembles. */
export interface AmongAlike {
  readonly observations: readonly MemberObservation[]
  readonly shared?: AlikePlace['shared']
}

export const NOT_COMPARED: AmongAlike = { observations: [] }

/**
 * A message without a destination only updates its signature's history. `place`: its destination, as far as the link reveals it.
 */
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

/** Adopts centres of other instances from a reading of such centres; false for other readings. */
export function takeOver({ entity, members }: MemberReading, alike: Alike | undefined): boolean {
  if (!entity.startsWith(CENTRES)) return false
  alike?.adopt(members)
  return true
}

/** The senders without the prefix character. */
export function sendersOf(members: readonly string[]): string[] {
  return members.map((member) => member.slice(1))
}

/** Compares what signatures of a group send now with their history and their names. */
export interface OffTopic {
  /** Number of signatures known for other advertisements, or fraudulent. */
  readonly newToIt: number
  /** Number of signatures that have advertised so before. */
  readonly familiar: number
  /** Number of signatures by trade, as indicated by their names. */
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
 * Whether enterprises that send the same have no reason of their own: most of those with a known history never did, or their
 * names indicate many trades. If more than half of the names indicate one trade, or a quarter has advertised so before, it is
 * normal for such enterprises.
 */
export function isOffTopic({ newToIt, familiar, trades, signatures }: OffTopic, asked: number): boolean {
  const least = KNOWN_SHARE * asked
  const named = [...trades.values()]
  const total = named.reduce((sum, count) => sum + count, 0)
  if (Math.max(0, ...named) * 2 > Math.max(total, signatures / 2)) return false
  if (familiar * 3 > newToIt && familiar * 4 > asked) return false
  return newToIt >= least || (total >= least && trades.size >= TRADES)
}
