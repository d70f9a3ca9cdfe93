import type { Alert } from '../../domain/alert.ts'
import { domainsOf } from './alert-hosts.ts'
import type { Client } from './database.ts'

/** Rows processed per transaction. */
const STEP = 1000

/** The form in which searches compare: width and case are ignored. */
export function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Character bigrams within each text, hashed to integers; collisions are possible. */
export function gramsOf(texts: readonly string[]): number[] {
  const found = new Set<number>()
  for (const text of texts) {
    let before = -1
    for (const sign of folded(text)) {
      const code = sign.codePointAt(0)!
      if (before >= 0) found.add((Math.imul(before, 0x9e3779b1) ^ code) | 0)
      before = code
    }
  }
  return [...found]
}

/** Bigrams of the searchable parts of an alert: text, signature, brand, domains. */
export function alertGrams(alert: Alert): number[] {
  const { message, match, samples, reasons, target } = alert.data
  const brands = reasons.map(({ evidence }) => (evidence as { brand?: unknown } | undefined)?.brand)
  const signature = message?.signature ?? match?.signature ?? (target.kind === 'signature' ? target.id : '')
  const texts = [message?.text ?? samples?.[0]?.text, signature, brands.find(Boolean), ...domainsOf(alert)]
  return gramsOf(texts.filter((one) => typeof one === 'string'))
}

/** Indexes earlier alerts, newest first. Resolves with the number that had no index. */
export async function gramEarlier(client: Client): Promise<number> {
  let done = 0
  for (;;) {
    const { rows } = await client.query<{ id: string; ts: string; event: Alert }>(
      `SELECT id, ts::text, event FROM alert WHERE grams IS NULL ORDER BY ts DESC LIMIT ${STEP}`,
    )
    if (rows.length === 0) return done
    await client.query(
      `UPDATE alert SET grams = said.grams::integer[] FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS said (id, ts, grams)
        WHERE alert.id = said.id AND alert.ts = said.ts AND alert.grams IS NULL`,
      [
        rows.map(({ id }) => id),
        rows.map(({ ts }) => ts),
        rows.map(({ event }) => `{${gramsSafely(event).join()}}`),
      ],
    )
    done += rows.length
  }
}

/** Returns no bigrams for a malformed record, such as one written by another program. */
export function gramsSafely(alert: Alert): number[] {
  try {
    return alertGrams(alert)
  } catch {
    return []
  }
}
