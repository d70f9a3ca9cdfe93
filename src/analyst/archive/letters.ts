import { redactText } from '../../text/redact.ts'
import type { Ask } from './ask.ts'

/** A letter issued by the desk. */
export interface SentLetter<Content> {
  readonly file_number: string
  readonly at: Date
  readonly who: string
  readonly reader: string
  readonly addressee: string
  readonly alert_id: string | null
  /** null if it is no longer stored. */
  readonly content: Content | null
}

/** The next file number of a year, or across all years for 0. Numbers are never reused, whatever happens to the letter. */
export async function nextLetter(change: Ask, year: number): Promise<number> {
  const [row] = await change<{ n: number }>(
    'INSERT INTO letter_count AS c VALUES ($1, 1) ON CONFLICT (year) DO UPDATE SET n = c.n + 1 RETURNING n',
    [year],
  )
  return row!.n
}

export async function keepLetter<C extends object>(
  change: Ask,
  { file_number, who, reader, addressee, alert_id, content }: Omit<SentLetter<C>, 'at'>,
): Promise<void> {
  await change(
    'INSERT INTO letter (file_number, who, reader, addressee, alert_id, content) VALUES ($1, $2, $3, $4, $5, $6)',
    [file_number, who, reader, redactText(addressee, true), alert_id, JSON.stringify(content)],
  )
}

const COLUMNS = 'file_number, at, who, reader, addressee, alert_id'

/** Letters about an alert, oldest first. */
export function lettersAbout(ask: Ask, alertId: string): Promise<Omit<SentLetter<never>, 'content'>[]> {
  return ask(`SELECT ${COLUMNS} FROM letter WHERE alert_id = $1 ORDER BY at, file_number`, [alertId])
}

export async function letterBy<C extends object>(
  ask: Ask,
  fileNumber: string,
): Promise<SentLetter<C> | undefined> {
  const [found] = await ask<SentLetter<C>>(`SELECT ${COLUMNS}, content FROM letter WHERE file_number = $1`, [
    fileNumber,
  ])
  return found
}
