import { isUtf8 } from 'node:buffer'
import { CODE_NAMES, type Code, inOrder, isCode } from '../../domain/codes.ts'
import { optionFault } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { type Interval, wilson } from '../../domain/wilson.ts'
import { csvLine, readCsv } from '../../settings/files/csv.ts'

/** A message for a person to judge whether the code is right, shown as in alerts: recipient masked, text redacted. */
export interface ReviewCase {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly signature?: string
  readonly to?: string
  readonly text: string
  readonly label: string
  readonly action: string
}

export interface Precision {
  /** Cases with a judgement. */
  readonly judged: number
  readonly right: number
  readonly open: number
  /** undefined while no case is judged. */
  readonly precision?: Interval
}

const COLUMNS = ['code', 'id', 'time', 'from', 'signature', 'to', 'text', 'label', 'action', 'judgement']
/** Without a BOM, spreadsheets read the file in the system's code page. */
const BOM = '\uFEFF'
const RIGHT = ['right', 'correct', 'true', 'yes', 'y', '1', '对', '是']
const WRONG = ['wrong', 'incorrect', 'false', 'no', 'n', '0', '错', '否']
const OPEN = ['', '?', 'unsure', '不确定']

/** Formats the sheet as CSV. `own`: codes of the operator's rules. */
export function reviewSheet(cases: (code: Code) => readonly ReviewCase[], own: readonly Code[] = []): string {
  const lines = [...CODE_NAMES, ...own].flatMap((code) =>
    cases(code).map(({ id, ts, from, signature = '', to = '', text, label, action }) =>
      csvLine([code, id, new Date(ts).toISOString(), from, signature, to, text, label, action, '']),
    ),
  )
  return BOM + csvLine(COLUMNS) + lines.join('')
}

/** The precision of each code according to a filled-in sheet. Throws USAGE that names the lines that cannot be read. */
export function readReviewed(bytes: Buffer, file: string): Partial<Record<Code, Precision>> {
  const [head, ...rows] = readCsv(textOf(bytes), file)
  const names = (head?.cells ?? []).map((cell) => cell.trim().toLowerCase())
  const [code, judgement] = [names.indexOf('code'), names.indexOf('judgement')]
  if (code < 0 || judgement < 0)
    throw optionFault('--judged', `${file}: the first line must name the columns code and judgement`)
  const tallies = new Map<Code, { right: number; wrong: number; open: number }>()
  const faults: string[] = []
  for (const { line, cells } of rows) {
    if (cells.every((cell) => cell === '')) continue
    const name = (cells[code] ?? '').trim()
    const word = (cells[judgement] ?? '').trim().toLowerCase()
    if (!isCode(name)) {
      faults.push(`${file}:${line}: ${JSON.stringify(name)} is not a reason code`)
      continue
    }
    const tally = tallies.get(name) ?? { right: 0, wrong: 0, open: 0 }
    tallies.set(name, tally)
    if (RIGHT.includes(word)) tally.right++
    else if (WRONG.includes(word)) tally.wrong++
    else if (OPEN.includes(word)) tally.open++
    else faults.push(`${file}:${line}: judgement ${JSON.stringify(word)} (allowed: right, wrong, or empty)`)
  }
  if (faults.length > 0) throw optionFault('--judged', faults.slice(0, 20).join('\n'))
  return Object.fromEntries(inOrder(tallies.keys()).map((name) => [name, precisionOf(tallies.get(name)!)]))
}

function precisionOf({ right, wrong, open }: { right: number; wrong: number; open: number }): Precision {
  const judged = right + wrong
  const precision = wilson(right, judged)
  return { judged, right, open, ...given({ precision }) }
}

/** Decodes the sheet: UTF-8 as written, or GB 18030 as saved by a Chinese spreadsheet. */
function textOf(bytes: Buffer): string {
  return new TextDecoder(isUtf8(bytes) ? 'utf-8' : 'gb18030').decode(bytes)
}
