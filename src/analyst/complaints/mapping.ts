import { InvalidInput } from '../../domain/errors.ts'
import { isTimePattern, localTimeReader, type ReadLocalTime } from '../../domain/local-time.ts'
import { readOperatorFile } from '../../settings/files/operator-file.ts'
import { compileSchema, strict, toProblems } from '../../settings/files/operator-schema.ts'
import { parseZone } from '../../settings/files/value-forms.ts'

export const COMPLAINT_COLUMNS = [
  'id',
  'ts',
  'received',
  'answered',
  'from',
  'to',
  'signature',
  'text',
  'category',
] as const
export type ComplaintColumn = (typeof COMPLAINT_COLUMNS)[number]
export type Encoding = 'auto' | 'utf-8' | 'gbk'

export interface ComplaintMapping {
  readonly source: string
  /** Whether it has been checked against a real export. */
  readonly verified: boolean
  readonly encoding: Encoding
  readonly delimiter: string
  readonly readTime: ReadLocalTime
  /** The time format, for display. */
  readonly timeForm: string
  /** Column headings by field, in order of preference. */
  readonly columns: Readonly<Partial<Record<ComplaintColumn, readonly string[]>>>
}

interface MappingFile {
  readonly source: string
  readonly verified?: boolean
  readonly encoding?: Encoding
  readonly delimiter?: string
  readonly time?: { readonly form?: string; readonly zone?: string }
  readonly columns: Readonly<Partial<Record<ComplaintColumn, string | readonly string[]>>>
}

const heading = { type: 'string', minLength: 1, maxLength: 64 }
const check = compileSchema(
  strict(
    {
      source: { type: 'string', minLength: 1, maxLength: 64 },
      verified: { type: 'boolean' },
      encoding: { enum: ['auto', 'utf-8', 'gbk'] },
      delimiter: { enum: [',', ';', '\t'] },
      time: strict({ form: { type: 'string' }, zone: { type: 'string', format: 'zone' } }),
      columns: strict(
        Object.fromEntries(
          COMPLAINT_COLUMNS.map((name) => [
            name,
            { anyOf: [heading, { type: 'array', minItems: 1, maxItems: 10, items: heading }] },
          ]),
        ),
        ['ts'],
      ),
    },
    ['source', 'columns'],
  ),
)

const FORM = 'yyyy-MM-dd HH:mm:ss'

/** Reads a mapping (YAML or JSON). Throws InvalidInput (CONFIG_INVALID) that lists every fault with its line. */
export function loadMapping(file: string): ComplaintMapping {
  const { document, problems } = readOperatorFile(file)
  if (!document) throw new InvalidInput('CONFIG_INVALID', problems)
  const faults = [...check(document.value)]
  const value = document.value as MappingFile
  const form = faults.length === 0 ? (value.time?.form ?? FORM) : FORM
  if (!isTimePattern(form))
    faults.push({ path: ['time', 'form'], message: `must name MM, dd, HH and mm, for example ${FORM}` })
  if (faults.length > 0) throw new InvalidInput('CONFIG_INVALID', toProblems(document, faults))
  const columns = Object.entries(value.columns).map(([name, headings]) => [name, [headings].flat()])
  return {
    source: value.source,
    verified: value.verified === true,
    encoding: value.encoding ?? 'auto',
    delimiter: value.delimiter ?? ',',
    readTime: localTimeReader(form, parseZone(value.time?.zone ?? '+08:00')!),
    timeForm: form,
    columns: Object.fromEntries(columns),
  }
}
