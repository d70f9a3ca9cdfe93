import type { Allowing } from '../detection/exempt.ts'
import type { KnownBefore } from '../detection/judge.ts'
import type { ConsentLedger } from '../domain/consent-ledger.ts'
import type { AnalysedMessage } from '../domain/message.ts'

/** A message with the data of the ledgers and of feedback about it. */
export interface Consulted extends KnownBefore {
  readonly message: AnalysedMessage
}

/** Messages without data from the ledgers, because there is none or they could not be asked. */
export function notConsulted(batch: readonly AnalysedMessage[], allowances: Allowing): Consulted[] {
  return batch.map((message) => unknown(message, allowances))
}

function unknown(message: AnalysedMessage, allowances: Allowing): Consulted {
  return { message, consents: undefined, askedBefore: undefined, allowances }
}

/**
 * Queries the consent ledger for a batch with one call, for commercial messages and consent requests only. Rejects with
 * a retryable error if the ledger cannot be reached.
 */
export async function consult(
  batch: readonly AnalysedMessage[],
  ledger: Pick<ConsentLedger, 'lookup' | 'asked'>,
  allowances: Allowing,
): Promise<Consulted[]> {
  const about = new Map<AnalysedMessage, number>()
  const requests = new Map<AnalysedMessage, number>()
  const pairs: Pair[] = []
  const asking: Pair[] = []
  for (const message of batch) {
    const { signature, to, ts, commercial, asksConsent } = message
    if (!signature || !(commercial || asksConsent)) continue
    const pair = { signature: signature.name, to, ts }
    about.set(message, pairs.push(pair) - 1)
    if (asksConsent) requests.set(message, asking.push(pair) - 1)
  }
  if (about.size === 0) return notConsulted(batch, allowances)
  const [changes, asked] = await Promise.all([ledger.lookup(pairs), ledger.asked(asking)])
  return batch.map((message) => {
    const place = about.get(message)
    if (place === undefined) return unknown(message, allowances)
    const request = requests.get(message)
    const askedBefore = request === undefined ? undefined : asked[request]
    return { message, consents: changes[place], askedBefore, allowances }
  })
}

interface Pair {
  readonly signature: string
  readonly to: string
  readonly ts: number
}
