import type { DayReport } from './day-report.ts'
import type { EventResult } from './day-states.ts'
import { median } from './median.ts'

const share = (part: number, whole: number) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(2)}%`)
const clock = (ts: number) => new Date(ts + 8 * 3_600_000).toISOString().slice(5, 19).replace('T', ' ')
const seconds = (ms: number | undefined) => (ms === undefined ? '-' : `${Math.round(ms / 1000)} s`)

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const all = [head, ...rows.map((row) => row.map(String))]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function eventRow(kind: string, code: string, events: readonly EventResult[]): (string | number)[] {
  const after = events.flatMap((e) => (e.detectedAfter === undefined ? [] : [e.detectedAfter]))
  const possible = events.flatMap((e) => (e.sincePossible === undefined ? [] : [e.sincePossible]))
  const most = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : undefined)
  return [
    kind,
    code,
    events.length,
    after.length,
    events.length - after.length,
    seconds(median(after)),
    seconds(most(after)),
    seconds(median(possible)),
    seconds(most(possible)),
  ]
}

/** Formats the report as tables. `textOf`: text of a record, for wrong verdicts. */
export function printDay({ hours, states, messages }: DayReport, textOf: (id: string) => string): string {
  const out: string[] = []
  const kinds = grouped(states.events, (event) => `${event.event}\t${event.code}`)
  const head = ['planted', 'code', 'events', 'raised', 'missed', 'median', 'max', 'since possible', 'max']
  out.push(
    table(
      head,
      [...kinds].map(([key, events]) => eventRow(...(key.split('\t') as [string, string]), events)),
    ),
  )
  const missed = states.events.filter((event) => event.detectedAfter === undefined)
  out.push('', `missed: ${missed.length} of ${states.events.length}`)
  for (const { event, code, target, from } of missed)
    out.push(`  ${event}  ${code}  ${target}  ${clock(from)}`)

  const quiet = Object.entries(states.quiet).map(([kind, count]) => {
    const raised = states.false.filter((raise) => raise.quiet === kind).length
    return [kind, count, raised]
  })
  out.push('', table(['must not be raised', 'events', 'raised'], quiet))
  const byCode = grouped(states.false, (raise) => raise.code)
  out.push(
    '',
    `raises: ${states.raises}, of which come with a planted event: ${states.expected}, false: ${states.false.length}`,
  )
  for (const [code, raises] of byCode)
    out.push(`  ${code}: ${raises.length} (${(raises.length / hours).toFixed(2)} an hour)`)
  for (const { code, target, at, quiet: kind, evidence } of states.false)
    out.push(
      `    ${clock(at)}  ${code}  ${target}${kind ? `  (${kind})` : ''}  ${JSON.stringify(evidence).slice(0, 300)}`,
    )

  const { truePositive, falsePositive, falseNegative } = messages.forged
  out.push(
    '',
    `forged: precision ${share(truePositive, truePositive + falsePositive)}, recall ${share(truePositive, truePositive + falseNegative)} (${truePositive} found, ${falsePositive} wrongly, ${falseNegative} not)`,
    `ordinary records: ${messages.ordinary}; blocked or throttled by what they say ${messages.ordinaryBlocked}, under a false state ${messages.underFalseState}, under a planted state ${messages.underPlantedState}`,
    '',
    table(
      ['planted', 'code', 'records', 'found', 'recall'],
      messages.recall.map((r) => [r.event, r.code, r.records, r.found, share(r.found, r.records)]),
    ),
    '',
    table(
      ['near-miss', 'records', 'with a code'],
      Object.entries(messages.nearMisses).map(([kind, count]) => [
        kind,
        count,
        messages.wrong
          .filter((w) => w.event === kind && w.what !== 'taken for forged')
          .map((w) => `${w.what} ${w.count}`)
          .join(', '),
      ]),
    ),
    '',
    'wrong on messages:',
  )
  for (const { event, what, count, ids } of messages.wrong) {
    out.push(`  ${event}  ${what}  ${count}`)
    for (const id of ids) out.push(`      ${id}  ${textOf(id)}`)
  }
  return out.join('\n')
}
