import { differingSigns, type Signs } from '../../domain/sketch.ts'
import { FANOUT } from './fanouts.ts'

/** A text sent to strangers, as `count-fanouts.lua` stores it. */
export interface FanoutText {
  readonly signs: Signs
  first: number
  readonly counts: number[]
  countedAt: number | undefined
}

export function textsAt(texts: readonly FanoutText[], bucket: number): FanoutText[] {
  return texts.filter(({ first, counts }) => first + counts.length > bucket - FANOUT.buckets + 1)
}

export function strangersIn({ first, counts }: FanoutText, bucket: number): number {
  return counts.reduce((sum, count, i) => {
    const at = first + i
    return at <= bucket && at > bucket - FANOUT.buckets ? sum + count : sum
  }, 0)
}

export function alikeAmong(texts: readonly FanoutText[], signs: Signs): FanoutText | undefined {
  let nearest = FANOUT.alike + 1
  let found: FanoutText | undefined
  for (const text of texts) {
    const distance = differingSigns(text.signs, signs)
    if (distance < nearest) [nearest, found] = [distance, text]
  }
  return found
}

/** Counts one more for the similar text, or adds a new one, replacing the least of `most`. Returns the text that was counted. */
export function countText(texts: FanoutText[], signs: Signs, bucket: number, most: number): FanoutText {
  let text = alikeAmong(texts, signs)
  if (text === undefined) {
    text = { signs, first: bucket, counts: [0], countedAt: undefined }
    texts[texts.length < most ? texts.length : leastOf(texts, bucket)] = text
  }
  countIn(text, bucket)
  return text
}

/** Whether the text of a number was counted for its series within the hour. */
export function isCounted({ countedAt }: FanoutText, bucket: number): boolean {
  return countedAt !== undefined && Math.abs(bucket - countedAt) < FANOUT.buckets
}

function leastOf(texts: readonly FanoutText[], bucket: number): number {
  const rank = (text: FanoutText) => [strangersIn(text, bucket), text.first + text.counts.length] as const
  let least = 0
  for (let i = 1; i < texts.length; i++) {
    const [sum, last] = rank(texts[i]!)
    const [leastSum, leastLast] = rank(texts[least]!)
    if (sum < leastSum || (sum === leastSum && last < leastLast)) least = i
  }
  return least
}

/** Ignored if it is older than the hour of the similar text. */
function countIn(text: FanoutText, bucket: number): void {
  const { counts } = text
  if (bucket <= text.first + counts.length - 1 - FANOUT.buckets) return
  for (; bucket < text.first; text.first--) counts.unshift(0)
  while (bucket > text.first + counts.length - 1) counts.push(0)
  const i = bucket - text.first
  counts[i] = Math.min(counts[i]! + 1, 255)
  for (; counts.length > FANOUT.buckets; text.first++) counts.shift()
}
