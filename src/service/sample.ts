import { readFileSync } from 'node:fs'
import { maskRecipient } from '../detection/alerts/show.ts'
import { optionFault, type Problem } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import type { LeftOutReason } from '../domain/input-events.ts'
import type { SmsRecord } from '../domain/message.ts'
import { isRejection, isSplit, itemsOf } from '../pipeline/decode.ts'
import { inputOfLines, lineDecoder, prepareNow } from '../pipeline/inputs.ts'
import { PlaceWatch, placesOf } from '../pipeline/place-watch.ts'
import type { Config } from '../settings/config.ts'
import { describeReadError } from '../settings/files/operator-file.ts'
import { canonicalNumber, isPunctuatedNumber } from '../text/canonical-number.ts'
import { redactText } from '../text/redact.ts'
import { leftOutDoubt, sameItemsDoubt } from './left-out-doubts.ts'
import { textDoubt } from './text-doubts.ts'

export interface SampleReading {
  /** The result of each record, with recipient masked and text redacted, or why it cannot be read. */
  readonly rows: readonly object[]
  readonly problems: readonly Problem[]
  readonly summary: readonly string[]
}

const MAX_LINES = 1_000
const MAX_PROBLEMS = 100
const LF = 0x0a
const SHORTEST_NUMBER = 7
/** Reads the operator's own records, one per line, as the configured input would, and returns the result of each. */
export async function readSample(
  file: string,
  config: Config,
  topic?: string,
  now = Date.now(),
): Promise<SampleReading> {
  const input = inputOfLines(config, topic)
  const left = new Map<LeftOutReason, number>()
  const watch = new PlaceWatch(placesOf(input.map ?? {}))
  const decode = lineDecoder(
    config,
    topic,
    (event) => {
      if (event.name === 'mapping_left_out')
        left.set(event.reason, (left.get(event.reason) ?? 0) + event.count)
    },
    (place) => watch.see(place),
  )
  const problems: Problem[] = []
  const rows: object[] = []
  const records: { readonly line: number; readonly record: SmsRecord }[] = []
  let cut = 0
  const raws = linesOf(file)
    .map((value, offset) => ({ position: { topic: file, partition: 0, offset }, timestamp: now, value }))
    .filter(({ value }) => value.length > 0)
    .slice(0, MAX_LINES)
  await prepareNow(decode, raws)
  for (const raw of raws) {
    const line = raw.position.offset + 1
    left.clear()
    const read = decode(raw)
    for (const [item, one] of itemsOf(read).entries()) {
      const place = isSplit(read) ? { line, item } : { line }
      if (isRejection(one)) {
        rows.push({ ...place, error: one.error, detail: one.detail })
        const which = isSplit(read) ? `item ${item}: ` : ''
        problems.push({ file, line, message: `${which}${one.error}: ${one.detail}` })
        continue
      }
      rows.push({ ...place, ...shownRecord(one) })
      records.push({ line, record: one })
    }
    cut += left.get('udh') ?? 0
    const doubts = [...left.keys()].map((reason) => leftOutDoubt(reason, input.map))
    for (const message of [...doubts, sameItemsDoubt(itemsOf(read), input.map)])
      if (message) problems.push({ file, line, message })
  }
  problems.push(...doubtsOf(file, records))
  const what = rows.length === raws.length ? 'records' : `messages in ${raws.length} records`
  const summary = [`${file}: ${records.length} of ${rows.length} ${what} can be read`]
  if (cut > 0) summary.push(`${file}: user data headers were removed from ${cut} texts`)
  if (rows.length === 0) problems.push({ file, message: 'has no records' })
  if (raws.length === MAX_LINES) summary.push(`${file}: the first ${MAX_LINES} records were read`)
  for (const { name, meant } of watch.unseen())
    summary.push(`${file}: warning: ${name} is in none of the records${meant}`)
  return { rows, problems: firstOf(problems, file), summary }
}

function firstOf(problems: readonly Problem[], file: string): readonly Problem[] {
  if (problems.length <= MAX_PROBLEMS) return problems
  const message = `${problems.length} faults; the first ${MAX_PROBLEMS} are shown`
  return [...problems.slice(0, MAX_PROBLEMS), { file, message }]
}

function linesOf(file: string): Buffer[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw optionFault('--sample', `${file}: ${describeReadError(error)}`)
  }
  const lines: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LF, at)
    const stop = end < 0 ? bytes.length : end
    lines.push(bytes.subarray(at, stop))
    at = stop + 1
  }
  return lines
}

/** A parsed record with the recipient masked and the text redacted. */
export function shownRecord(record: SmsRecord): object {
  const { value: _, item: __, id, ts, to, text, blocked, ...rest } = record
  const number = canonicalNumber(to)
  const masked = maskRecipient(number)
  return {
    id: masked === undefined ? id : id.replaceAll(number, masked),
    ts: new Date(ts).toISOString(),
    ...rest,
    to: masked ?? '<no number>',
    text: redactText(text),
    ...given({ disposition: blocked ? 'blocked' : undefined }),
  }
}

/** Warnings about records that can be read but look wrong. */
function doubtsOf(
  file: string,
  records: readonly { readonly line: number; readonly record: SmsRecord }[],
): Problem[] {
  const lines = new Map<string, number>()
  return records.flatMap(({ line, record: { id, from, to, text } }): Problem[] => {
    const found: Problem[] = []
    const number = canonicalNumber(to)
    if (number.length >= SHORTEST_NUMBER && maskRecipient(number) !== undefined && id.includes(number))
      found.push({
        file,
        line,
        message: 'id: contains the number of the recipient; ids are shown in clear',
      })
    const first = lines.get(id)
    if (first !== undefined)
      found.push({
        file,
        line,
        message: `id: is that of line ${first}; each recipient and part needs its own`,
      })
    else lines.set(id, line)
    for (const [name, value] of Object.entries({ from, to }))
      if (isPunctuatedNumber(value))
        found.push({
          file,
          line,
          message: `${name}: is a number with other characters than digits, spaces and +; it is compared as it is, and differs from the plain number of registry, consents and replies`,
        })
    const doubt = textDoubt(text)
    if (doubt) found.push({ file, line, message: `text: ${doubt}` })
    return found
  })
}
