import type { ExtractedMessage } from '../../detection/classify.ts'
import type { ConsentChange, ConsentLedger } from '../../domain/consent-ledger.ts'
import { given } from '../../domain/given.ts'
import type { TokeniseLike } from '../../domain/token.ts'
import { readSideValue } from '../../pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { optOutReply } from '../../text/phrases.ts'
import { signatureKey } from '../../text/signature.ts'
import { readFeeds, type SourceReading } from './collect.ts'
import type { Feed } from './feed.ts'
import { recipientFit } from './match.ts'

/** A change of the recipient's consent to messages under the signature. */
export interface FoundConsent extends ConsentChange {
  /** Where the row was found. */
  readonly source: string
}

/** A reply of the recipient to the port of a message. */
export interface FoundReply {
  readonly ts: number
  readonly text: string
  /** Whether it refuses further messages. */
  readonly refuses: boolean
}

export interface Consents {
  /** Oldest first, including changes after the message. */
  readonly changes: readonly FoundConsent[]
  readonly replies: readonly FoundReply[]
}

export interface ConsentSearch {
  readonly messages: readonly ExtractedMessage[]
  readonly consents: readonly Feed[]
  readonly replies: readonly Feed[]
  readonly ledger?: Pick<ConsentLedger, 'lookup'>
  readonly tokenise: TokeniseLike
}

/** Finds what recipients had agreed to or refused, for each message in order. */
export async function findConsents(search: ConsentSearch): Promise<{
  readonly found: readonly Consents[]
  readonly readings: readonly SourceReading[]
}> {
  const { messages, ledger } = search
  if (messages.length === 0) return { found: [], readings: [] }
  const changes = messages.map(() => new Changes())
  const consentReadings = await readConsents(search, changes)
  if (ledger) {
    for (const [i, { signature, to }] of messages.entries()) {
      if (!signature) continue
      const [found = []] = await ledger.lookup([{ signature: signature.name, to }])
      for (const change of found) changes[i]!.note(change, 'ledger')
    }
  }
  const answers = messages.map(() => new Map<number, FoundReply>())
  const replyReadings = await readReplies(search, answers)
  return {
    found: messages.map((_, i) => ({
      changes: changes[i]!.inOrder(),
      replies: [...answers[i]!.values()].sort(byTime),
    })),
    readings: [...consentReadings, ...replyReadings],
  }
}

const byTime = (a: { readonly ts: number }, b: { readonly ts: number }) => a.ts - b.ts

/** Changes of one pair without duplicates, from all sources. */
class Changes {
  readonly #found = new Map<string, FoundConsent>()

  note({ state, ts, proof }: ConsentChange, source: string): void {
    const place = `${state}/${ts}`
    const known = this.#found.get(place)
    // A row with proof takes precedence over the ledger, which stores none.
    if (known?.proof !== undefined) return
    this.#found.set(place, { state, ts, ...given({ proof }), source: known?.source ?? source })
  }

  inOrder(): FoundConsent[] {
    return [...this.#found.values()].sort(byTime)
  }
}

function readConsents(
  { messages, consents, tokenise }: ConsentSearch,
  changes: readonly Changes[],
): Promise<readonly SourceReading[]> {
  const keys = new Set(messages.flatMap(({ signature }) => (signature ? [signature.key] : [])))
  return readFeeds('consents', consents, {}, ({ key, value }, feed) => {
    const bar = key.lastIndexOf('|')
    if (bar > 0 && !keys.has(signatureKey(key.slice(0, bar)))) return true
    const read = readSideValue('consents', value, canonicalNumber)
    if (read === undefined) return true
    if ('message' in read) return false
    const { row } = read
    const rowKey = signatureKey(row.signature)
    messages.forEach((message, i) => {
      if (message.signature?.key !== rowKey || !recipientFit(row.to, message.to, tokenise)) return
      changes[i]!.note(row, feed.name)
      if (row.was) changes[i]!.note(row.was, feed.name)
    })
    return true
  })
}

function readReplies(
  { messages, replies, tokenise }: ConsentSearch,
  answers: readonly Map<number, FoundReply>[],
): Promise<readonly SourceReading[]> {
  return readFeeds('replies', replies, {}, ({ value }) => {
    const read = readSideValue('replies', value, canonicalNumber)
    if (read === undefined) return true
    if ('message' in read) return false
    const { row } = read
    messages.forEach((message, i) => {
      if (row.to !== message.from || !recipientFit(row.from, message.to, tokenise)) return
      answers[i]!.set(row.ts, { ts: row.ts, text: row.text, refuses: optOutReply(row.text) })
    })
    return true
  })
}

/** The consent in effect at a time, from the last change until then. A consent ticked by default is `default`, not `in`. */
export function standingAt(changes: readonly FoundConsent[], ts: number): 'in' | 'out' | 'default' | 'none' {
  const last = changes.filter((change) => change.ts <= ts).at(-1)
  if (!last) return 'none'
  return last.state === 'in' && last.proof === 'default' ? 'default' : last.state
}
