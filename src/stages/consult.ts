import type { MessageContext } from '../domain/detector.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { ConsentLedger } from '../domain/ports.ts'

/** What the ledgers know of one message. */
export type Consulted = Pick<MessageContext, 'consents' | 'askedBefore'>

const NOTHING: Consulted = { consents: undefined, askedBefore: undefined }

export interface Consultation {
  /** For each message in order. */
  readonly known: readonly Consulted[]
  /** False: the ledger could not be reached, and nothing is known of any. */
  readonly reached: boolean
}

export interface ConsultOptions {
  /** Lets rows of the side inputs take effect whose time the batch has reached. */
  readonly due: (eventTime: number, seen: number) => Promise<void>
  /** Replies are read: what a port sent to whom must be known when one comes. */
  readonly replies: boolean
}

/**
 * Asks the consent ledger about a batch at once: about commercial messages and requests for consent only. Where replies
 * are read, also tells it which port sent which signature to whom, so that a later "T" refuses the right one. A ledger
 * that cannot be reached holds up nobody: what was not remembered meanwhile is not known later.
 */
export function createConsult(ledger: ConsentLedger, { due, replies }: ConsultOptions) {
  return async function consult(batch: readonly AnalysedMessage[], eventTime: number): Promise<Consultation> {
    try {
      return { known: await ask(batch, eventTime), reached: true }
    } catch (error) {
      if (!(error instanceof SigwatchError && error.retry)) throw error
      return { known: batch.map(() => NOTHING), reached: false }
    }
  }

  async function ask(batch: readonly AnalysedMessage[], eventTime: number): Promise<readonly Consulted[]> {
    const signed: { index: number; signature: string; message: AnalysedMessage }[] = []
    batch.forEach((message, index) => {
      if (message.signature) signed.push({ index, signature: message.signature.name, message })
    })
    const pair = ({ signature, message }: (typeof signed)[number]) => ({
      signature,
      to: message.to,
      ts: message.ts,
    })
    if (replies && signed.length > 0) {
      await ledger.remember(signed.map((one) => ({ ...pair(one), port: one.message.from })))
    }
    await due(
      eventTime,
      batch.reduce((newest, { ts }) => Math.max(newest, ts), eventTime),
    )
    const about = signed.filter(({ message }) => message.commercial || message.asksConsent)
    if (about.length === 0) return batch.map(() => NOTHING)
    const requests = about.filter(({ message }) => message.asksConsent)
    const [changes, asked] = await Promise.all([
      ledger.lookup(about.map(pair)),
      ledger.asked(requests.map(pair)),
    ])
    const result: Consulted[] = batch.map(() => NOTHING)
    about.forEach(({ index }, i) => {
      result[index] = { consents: changes[i], askedBefore: undefined }
    })
    requests.forEach(({ index }, i) => {
      result[index] = { consents: result[index]!.consents, askedBefore: asked[i] }
    })
    return result
  }
}
