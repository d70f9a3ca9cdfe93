import type { ConsentChange, ConsentLedger } from '../domain/ports.ts'
import type { Tokenise } from '../domain/token.ts'
import { readSideValue } from '../registry/side-inputs.ts'
import { canonicalNumber } from '../stages/canonical-number.ts'
import type { ExtractedMessage } from '../stages/classify.ts'
import { optOutReply } from '../stages/extract-phrases.ts'
import { signatureKey } from '../stages/extract-signature.ts'
import { readFeeds, type SourceReading } from './collect.ts'
import type { Feed } from './feed.ts'
import { recipientFit } from './match.ts'

/** A change of consent for the signature of a message, by its recipient. */
export interface FoundConsent extends ConsentChange {
  /** Where the row was found. */
  readonly source: string
}

/** A reply of the recipient to the port of a message. */
export interface FoundReply {
  readonly ts: number
  readonly text: string
  /** It refuses further messages. */
  readonly refuses: boolean
}

export interface Consents {
  /** Oldest first, those after the message too. */
  readonly changes: readonly FoundConsent[]
  readonly replies: readonly FoundReply[]
}

export interface ConsentSearch {
  readonly messages: readonly ExtractedMessage[]
  readonly consents: readonly Feed[]
  readonly replies: readonly Feed[]
  readonly ledger?: Pick<ConsentLedger, 'lookup'>
  readonly tokenise: Tokenise
}

/** What the recipients of messages had agreed to or refused, for each message in order. */
export async function findConsents({
  messages,
  consents,
  replies,
  ledger,
  tokenise,
}: ConsentSearch): Promise<{
  readonly found: readonly Consents[]
  readonly readings: readonly SourceReading[]
}> {
  if (messages.length === 0) return { found: [], readings: [] }
  const changes = messages.map(() => new Map<string, FoundConsent>())
  const answers = messages.map(() => new Map<number, FoundReply>())
  const keys = new Set(messages.flatMap(({ signature }) => (signature ? [signature.key] : [])))
  const note = (i: number, { state, ts, proof }: ConsentChange, source: string) => {
    const place = `${state}/${ts}`
    const known = changes[i]!.get(place)
    // A row with its proof says more than the ledger, which keeps none.
    if (known?.proof !== undefined) return
    changes[i]!.set(place, {
      state,
      ts,
      ...(proof === undefined ? {} : { proof }),
      source: known?.source ?? source,
    })
  }

  const consentReadings = await readFeeds('consents', consents, {}, ({ key, value }, feed) => {
    const bar = key.lastIndexOf('|')
    if (bar > 0 && !keys.has(signatureKey(key.slice(0, bar)))) return true
    const read = readSideValue('consents', value, canonicalNumber)
    if (read === undefined) return true
    if ('message' in read) return false
    const { row } = read
    const rowKey = signatureKey(row.signature)
    messages.forEach((message, i) => {
      if (message.signature?.key !== rowKey || !recipientFit(row.to, message.to, tokenise)) return
      note(i, row, feed.name)
      if (row.was) note(i, row.was, feed.name)
    })
    return true
  })
  if (ledger) {
    for (const [i, { signature, to }] of messages.entries()) {
      if (!signature) continue
      const [found = []] = await ledger.lookup([{ signature: signature.name, to }])
      for (const change of found) note(i, change, 'ledger')
    }
  }

  const replyReadings = await readFeeds('replies', replies, {}, ({ value }) => {
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
  const byTime = (a: { readonly ts: number }, b: { readonly ts: number }) => a.ts - b.ts
  return {
    found: messages.map((_, i) => ({
      changes: [...changes[i]!.values()].sort(byTime),
      replies: [...answers[i]!.values()].sort(byTime),
    })),
    readings: [...consentReadings, ...replyReadings],
  }
}

/** What held at a time: the last change up to then. A consent ticked by default is none. */
export function standingAt(changes: readonly FoundConsent[], ts: number): 'in' | 'out' | 'default' | 'none' {
  const last = changes.filter((change) => change.ts <= ts).at(-1)
  if (!last) return 'none'
  return last.state === 'in' && last.proof === 'default' ? 'default' : last.state
}
