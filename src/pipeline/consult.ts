import type { Allowing } from '../detection/exempt.ts'
import type { KnownBefore } from '../detection/judge.ts'
import type { ConsentLedger } from '../domain/consent-ledger.ts'
import type { AnalysedMessage } from '../domain/message.ts'

/** The data of the ledgers and of feedback about a message of a batch. */
export type KnownOf = (message: AnalysedMessage) => KnownBefore

/** Knowledge without data from the ledgers, because there is none or they could not be asked. */
export function notConsulted(allowances: Allowing): KnownOf {
  // Shared by the messages, because most have no data.
  const nothing = { consents: undefined, askedBefore: undefined, allowances }
  return () => nothing
}

/**
 * Queries the consent ledger for a batch with one call, for commercial messages and consent requests only. Rejects with
 * a retryable error if the ledger cannot be reached.
 */
export async function consult(
  batch: readonly AnalysedMessage[],
  ledger: Pick<ConsentLedger, 'lookup' | 'asked'>,
  allowances: Allowing,
): Promise<KnownOf> {
  const about: AnalysedMessage[] = []
  const requests = new Map<AnalysedMessage, number>()
  const pairs: Pair[] = []
  const asking: Pair[] = []
  for (const message of batch) {
    const { signature, to, ts, commercial, asksConsent } = message
    if (!signature || !(commercial || asksConsent)) continue
    const pair = { signature: signature.name, to, ts }
    about.push(message)
    pairs.push(pair)
    if (asksConsent) requests.set(message, asking.push(pair) - 1)
  }
  const unknown = notConsulted(allowances)
  if (about.length === 0) return unknown
  const [changes, asked] = await Promise.all([ledger.lookup(pairs), ledger.asked(asking)])
  const known = new Map<AnalysedMessage, KnownBefore>()
  for (const [place, message] of about.entries()) {
    const request = requests.get(message)
    const askedBefore = request === undefined ? undefined : asked[request]
    known.set(message, { consents: changes[place], askedBefore, allowances })
  }
  return (message) => known.get(message) ?? unknown(message)
}

interface Pair {
  readonly signature: string
  readonly to: string
  readonly ts: number
}
