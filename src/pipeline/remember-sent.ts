import type { ConsentLedger, SentMessage } from '../domain/consent-ledger.ts'
import type { AnalysedMessage } from '../domain/message.ts'

/**
 * Records which port sent which signature to whom, so that a later "T" refuses the right one. Messages that could not
 * be recorded are unknown to later replies. Rejects with a retryable error if the ledger cannot be reached.
 */
export async function rememberSent(
  batch: readonly AnalysedMessage[],
  ledger: Pick<ConsentLedger, 'remember'>,
): Promise<void> {
  const rows: SentMessage[] = []
  for (const { signature, from, to, toToken, ts } of batch) {
    if (!signature) continue
    const token = toToken.slice(toToken.indexOf('.') + 1)
    rows.push({ signature: signature.name, port: from, to, token, ts })
  }
  if (rows.length > 0) await ledger.remember(rows)
}
