import type { ConsentLedger } from '../domain/consent-ledger.ts'
import type { MessageContext } from '../domain/detector.ts'
import type { AnalysedMessage } from '../domain/message.ts'

/** What the ledgers know of one message. */
export type Known = Pick<MessageContext, 'consents' | 'askedBefore'>

export interface Consulted {
  readonly message: AnalysedMessage
  readonly known: Known
}

const NOTHING: Known = { consents: undefined, askedBefore: undefined }

/** Messages of which the ledgers know nothing, or could not be asked. */
export function notConsulted(batch: readonly AnalysedMessage[]): Consulted[] {
  return batch.map((message) => ({ message, known: NOTHING }))
}

/**
 * Asks the consent ledger about a batch at once: about commercial messages and requests for consent only. Rejects with
 * a retryable error when the ledger cannot be reached.
 */
export async function consult(
  batch: readonly AnalysedMessage[],
  ledger: Pick<ConsentLedger, 'lookup' | 'asked'>,
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
  if (about.size === 0) return notConsulted(batch)
  const [changes, asked] = await Promise.all([ledger.lookup(pairs), ledger.asked(asking)])
  return batch.map((message) => {
    const place = about.get(message)
    if (place === undefined) return { message, known: NOTHING }
    const request = requests.get(message)
    return {
      message,
      known: {
        consents: changes[place],
        askedBefore: request === undefined ? undefined : asked[request],
      },
    }
  })
}

interface Pair {
  readonly signature: string
  readonly to: string
  readonly ts: number
}
