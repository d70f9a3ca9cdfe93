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

/** A letter that is to be written. */
export interface LetterDraft<Content> extends Omit<SentLetter<Content>, 'at' | 'file_number'> {
  /** The form that asks for it, which gives one letter at most. */
  readonly form: string
  /** Whose numbers count up; 0: those of all years together. */
  readonly year: number
  /** With `{n}` for the number; in the content, the id of the form stands for the file number. */
  readonly fileNumber: string
}

/** The number is taken, and put into the letter, with the letter itself: none is lost. */
const WRITTEN = `WITH form AS (INSERT INTO letter_form (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id
  ), counted AS (
    INSERT INTO letter_count AS c SELECT $2::int, 1 FROM form ON CONFLICT (year) DO UPDATE SET n = c.n + 1 RETURNING n
  ), numbered AS (SELECT replace($3::text, '{n}', lpad(n::text, greatest(4, length(n::text)), '0')) AS file_number FROM counted)
  INSERT INTO letter (file_number, who, reader, addressee, alert_id, content)
    SELECT file_number, $4, $5, $6, $7, replace($8::text, to_json($1::text)::text, to_json(file_number)::text)::jsonb FROM numbered`

/** Writes a letter under the next number, unless its form has given one already. */
export async function writeLetter<C extends object>(
  change: Ask,
  { form, year, fileNumber, who, reader, addressee, alert_id, content }: LetterDraft<C>,
): Promise<void> {
  const about = [who, reader, redactText(addressee, true), alert_id, JSON.stringify(content)]
  await change(WRITTEN, [form, year, fileNumber, ...about])
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
