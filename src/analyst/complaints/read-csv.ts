import { createHash } from 'node:crypto'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { EARLIEST_TIME, LATEST_TIME } from '../../domain/time.ts'
import { readCsv } from '../../settings/files/csv.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import type { ComplaintColumn, ComplaintMapping, Encoding } from './mapping.ts'

/** A complaint in the form of the topic, with facts known only from the export. */
export interface ImportedComplaint {
  readonly record: {
    /** Derived from the row: reading it again gives the same id. */
    readonly id: string
    readonly ts: number
    readonly from?: string
    readonly to?: string
    readonly signature?: string
    readonly text?: string
    readonly source: string
    readonly category?: string
  }
  /** When the operator received it, epoch ms; absent if the export does not say. */
  readonly receivedAt?: number
  readonly answeredAt?: number
}

/** With the line at which its row starts, from 1. */
export interface ReadComplaint extends ImportedComplaint {
  readonly line: number
}

/** A row that was refused. Says where and why, and never quotes it. */
export interface RefusedRow {
  /** The line at which the row starts, from 1. */
  readonly line: number
  readonly message: string
}

export interface ReadComplaints {
  readonly complaints: readonly ReadComplaint[]
  readonly refused: readonly RefusedRow[]
  /** Fields for which the file has no column. */
  readonly absent: readonly ComplaintColumn[]
  readonly encoding: 'utf-8' | 'gbk'
}

const LONGEST: Readonly<Partial<Record<ComplaintColumn, number>>> = {
  from: 21,
  to: 64,
  signature: 32,
  text: 2000,
}

/** A number in scientific notation, as from a spreadsheet column too narrow for its digits: `1.38E+10`. */
const ROUNDED = /^[+-]?\d+(?:[.,]\d+)?E[+-]?\d+$/i

const UNROUND = 'the spreadsheet has rounded the number: export the column as text'

const PRIVATE = /[\ue000-\uf8ff\ufffd]/

/** Parses an export. Throws USAGE if the encoding is wrong, it is not CSV, or there is no time column. */
export function readComplaintCsv(bytes: Buffer, mapping: ComplaintMapping, file: string): ReadComplaints {
  const { text, encoding } = decode(bytes, mapping.encoding, file)
  const [head, ...rows] = readCsv(text, file, mapping.delimiter)
  if (!head) throw new SigwatchError('USAGE', `${file}: is empty`)
  const headings = head.cells.map((name) => name.trim())
  const places = new Map<ComplaintColumn, number>()
  const absent: ComplaintColumn[] = []
  for (const [field, names] of Object.entries(mapping.columns) as [ComplaintColumn, readonly string[]][]) {
    const found = names.map((name) => headings.indexOf(name)).find((at) => at >= 0)
    if (found === undefined) absent.push(field)
    else places.set(field, found)
  }
  if (!places.has('ts')) {
    // The first line is not quoted, because it may be a complaint and not headings.
    const wanted = mapping.columns.ts!.join(' or ')
    const all = Object.values(mapping.columns).flat().join(', ')
    throw new SigwatchError(
      'USAGE',
      `${file}:1: has no column ${wanted} for ts: the first line, which must be that of the headings, has ${headings.length} columns, and the mapping looks for ${all}`,
    )
  }
  const complaints: ReadComplaint[] = []
  const refused: RefusedRow[] = []
  for (const { line, cells } of rows) {
    const cell = (field: ComplaintColumn) => cells[places.get(field) ?? -1]?.trim() || undefined
    const read = complaintOf(cell, mapping)
    if (typeof read === 'string') refused.push({ line, message: read })
    else complaints.push({ ...read, line })
  }
  const shared = sharedIds(complaints)
  for (const { line, record } of complaints)
    if (shared.has(record.id))
      refused.push({
        line,
        message: `id: line ${shared.get(record.id)!.find((other) => other !== line)} has it too, for another complaint: if a spreadsheet has rounded it, export the column as text`,
      })
  return {
    complaints: complaints.filter(({ record }) => !shared.has(record.id)),
    refused: refused.sort((a, b) => a.line - b.line),
    absent,
    encoding,
  }
}

/** Ids shared by several complaints, with the first line of each. */
function sharedIds(complaints: readonly ReadComplaint[]): Map<string, number[]> {
  const lines = new Map<string, Map<string, number>>()
  for (const { record, line } of complaints) {
    const contents = lines.get(record.id) ?? new Map<string, number>()
    const content = JSON.stringify(record)
    if (!contents.has(content)) contents.set(content, line)
    lines.set(record.id, contents)
  }
  return new Map(
    [...lines].flatMap(([id, contents]) => (contents.size > 1 ? [[id, [...contents.values()]]] : [])),
  )
}

function decode(bytes: Buffer, wanted: Encoding, file: string): { text: string; encoding: 'utf-8' | 'gbk' } {
  for (const encoding of wanted === 'auto' ? (['utf-8', 'gbk'] as const) : [wanted]) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
      // The GBK decoder maps undefined bytes to private-use characters.
      if (encoding === 'utf-8' || !PRIVATE.test(text)) return { text, encoding }
    } catch {
      // Try the next encoding, or fail below.
    }
  }
  const names = wanted === 'auto' ? 'neither UTF-8 nor GBK' : `not ${wanted.toUpperCase()}`
  throw new SigwatchError('USAGE', `${file}: is ${names}: save it as CSV in UTF-8`)
}

/** The complaint in a row, or what is wrong with it. */
function complaintOf(
  cell: (field: ComplaintColumn) => string | undefined,
  { source, readTime, timeForm }: ComplaintMapping,
): ImportedComplaint | string {
  const times: Partial<Record<'ts' | 'received' | 'answered', number>> = {}
  for (const field of ['ts', 'received', 'answered'] as const) {
    const value = cell(field)
    if (value === undefined) continue
    const at = readTime(value, Date.now())
    if (!(at >= EARLIEST_TIME && at <= LATEST_TIME)) return `${field}: is not a time of the form ${timeForm}`
    times[field] = at
  }
  const { ts } = times
  if (ts === undefined) return 'ts: is empty'
  for (const field of ['received', 'answered'] as const)
    if (times[field] !== undefined && times[field] < ts) return `${field}: lies before the complaint`
  const fields: Partial<Record<'from' | 'to' | 'signature' | 'text' | 'category', string>> = {}
  for (const field of ['from', 'to', 'signature', 'text', 'category'] as const) {
    const value = cell(field)
    if (value === undefined) continue
    const isNumber = field === 'from' || field === 'to'
    if (isNumber && ROUNDED.test(value)) return `${field}: ${UNROUND}`
    const text = isNumber
      ? value.normalize('NFKC')
      : field === 'signature'
        ? value.replace(/^【|】$/g, '')
        : value
    const points = [...text]
    const most = LONGEST[field] ?? 64
    if (points.length > most && field !== 'text') return `${field}: has more than ${most} characters`
    fields[field] = points.slice(0, most).join('')
  }
  const number = cell('id')
  if (number !== undefined && ROUNDED.test(number)) return `id: ${UNROUND}`
  const complainant = fields.to && canonicalNumber(fields.to)
  if (complainant && number?.normalize('NFKC').includes(complainant))
    return 'id: contains the number of the complainant, and ids are shown in clear: map another column'
  const content = JSON.stringify([ts, fields])
  const id = `${source}-${number ?? createHash('sha256').update(content).digest('hex').slice(0, 24)}`
  if (id.length > 128) return 'id: is too long'
  return {
    record: { id, ts, ...fields, source },
    ...given({ receivedAt: times.received, answeredAt: times.answered }),
  }
}
