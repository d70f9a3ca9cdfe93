import { inOrder } from '../../domain/codes.ts'
import { ASKING } from './difference.ts'
import type { Example, Report } from './report.ts'
import type { Precision } from './review-sheet.ts'

const SHOWN = 10
const TEXT = 60
/** Estimates shown even if they are 0. */
const ALWAYS = ['changed', 'newly.block']

/** Formats the report as text. */
export function reportTable(report: Report): string {
  const { records, compared, changed } = report
  const lines = [
    `${number(records)} records, ${number(compared)} compared: ${number(changed)} judged otherwise${percent(changed, compared)}`,
    ...apart(report),
    '',
    ...sampled(report),
    ...actions(report),
    ...codes(report),
    ...senders(report),
    ...states(report, 'raised'),
    ...states(report, 'released'),
    ...Object.entries(report.examples).flatMap(([kind, examples]) => examplesOf(kind, examples)),
    ...versions(report),
  ]
  return `${lines.join('\n')}\n`
}

export function precisionTable(precisions: Readonly<Partial<Record<string, Precision>>>): string {
  const rows = inOrder(Object.keys(precisions)).flatMap((code) => {
    const found = precisions[code]
    if (!found) return []
    const { judged, right, open, precision } = found
    const share = precision ? `${rate(precision.share)}` : '-'
    const interval = precision ? `${rate(precision.low)} to ${rate(precision.high)}` : '-'
    return [[code, String(judged), String(right), String(open), share, interval]]
  })
  return columns([['code', 'judged', 'right', 'open', 'precision', '95% interval'], ...rows])
    .map((line) => `${line}\n`)
    .join('')
}

function apart({ deadLetters, degraded, late, unmatched }: Report): string[] {
  const lines: string[] = []
  if (deadLetters > 0) lines.push(`${number(deadLetters)} cannot be read`)
  if (degraded > 0) lines.push(`${number(degraded)} were judged without Redis the first time: not compared`)
  if (late > 0)
    lines.push(
      `${number(late)} were judged late the first time: compared without states, with observe at most`,
    )
  if (unmatched > 0) lines.push(`${number(unmatched)} have no verdict to compare with`)
  return lines.map((line) => `  ${line}`)
}

function actions({ newly, released, compared }: Report): string[] {
  const rows = ASKING.toReversed().map((action) => [
    action,
    number(newly[action]) + percent(newly[action], compared),
    number(released[action]) + percent(released[action], compared),
  ])
  return [...columns([['action', 'newly', 'released'], ...rows]), '']
}

/** Formats the estimates of a sample. */
function sampled({ sample, records, deadLetters }: Report): string[] {
  if (!sample) return []
  const { percent: of, senders: drawn, population, estimates } = sample
  const span = ({ low, high }: { low: number; high: number }, say: (value: number) => string) =>
    `${say(low)} to ${say(high)}`
  const share = (value: number) => `${value.toFixed(3)}%`
  const rows = Object.entries(estimates).flatMap(([figure, { percent: p, records: r }]) =>
    r.value > 0 || ALWAYS.includes(figure)
      ? [[figure, share(p.value), span(p, share), number(r.value), span(r, number)]]
      : [],
  )
  const judged = number(records - deadLetters)
  return [
    `a sample of ${of}% of the senders: ${number(drawn)} compared, ${judged} of ${number(population)} records. Of all of them:`,
    ...columns([['figure', 'share', '95% interval', 'records', '95% interval'], ...rows]),
    '',
  ]
}

function codes({ byCode }: Report): string[] {
  const rows = inOrder(Object.keys(byCode)).flatMap((code) => {
    const found = byCode[code]
    return found ? [[code, number(found.raised), number(found.released)]] : []
  })
  return rows.length === 0 ? [] : [...columns([['code', 'raised', 'released'], ...rows]), '']
}

function senders({ bySender }: Report): string[] {
  const rows = bySender
    .slice(0, SHOWN)
    .map(({ sender, raised, released }) => [sender, number(raised), number(released)])
  return rows.length === 0 ? [] : [...columns([['sender', 'stronger', 'weaker'], ...rows]), '']
}

function states({ states: ids, stateNames }: Report, how: 'raised' | 'released'): string[] {
  if (ids[how].length === 0) return []
  const rows = ids[how].slice(0, SHOWN).map((id) => {
    const name = stateNames[id]
    return name ? `  ${name.code} on ${name.target.kind} ${name.target.id}` : `  state ${id}`
  })
  const more = ids[how].length - rows.length
  return [
    `states ${how}: ${number(ids[how].length)}`,
    ...rows,
    ...(more > 0 ? [`  and ${number(more)} more`] : []),
    '',
  ]
}

function examplesOf(kind: string, examples: readonly Example[]): string[] {
  return [
    `examples: ${kind}`,
    ...examples.flatMap(({ id, from, to = '-', text, was, is }) => [
      `  ${id}  ${from} to ${to}  ${cut(text)}`,
      `    was ${sayVerdict(was)}`,
      `    is  ${sayVerdict(is)}`,
    ]),
    '',
  ]
}

function sayVerdict({ action, label, reasons, states: ids }: Example['was']): string {
  const under = ids.length === 0 ? '' : `, under ${ids.length} ${ids.length === 1 ? 'state' : 'states'}`
  return `${action}, ${label}: ${reasons.join(' ') || 'no reason'}${under}`
}

function versions({ versions: { against, ...own } }: Report): string[] {
  const say = ({ model, policy, registry, rules }: typeof own) =>
    `model ${model}, policy ${policy}, registry ${registry}${rules === undefined ? '' : `, own rules ${rules}`}`
  return [`judged with ${say(own)}`, ...(against ? [`against     ${say(against)}`] : [])]
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  return rows.map((cells) => {
    const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    return padded.join('  ').trimEnd()
  })
}

function cut(text: string): string {
  const points = [...text.replaceAll(/\s+/g, ' ')]
  return points.length > TEXT ? `${points.slice(0, TEXT - 1).join('')}…` : points.join('')
}

function percent(part: number, whole: number): string {
  return whole === 0 || part === 0 ? '' : ` (${((100 * part) / whole).toFixed(3)}%)`
}

function rate(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}
