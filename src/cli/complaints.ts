import { Command, InvalidArgumentError } from 'commander'
import type { AnswerNoted } from '../analyst/archive/complaints.ts'
import { mergeExports, type PlacedComplaint } from '../analyst/complaints/merge.ts'
import { deadlineSheet, monthSheet } from '../analyst/complaints/sheets.ts'
import {
  type Calendar,
  loadCalendar,
  monthRange,
  uncoveredYears,
  WEEKENDS_ONLY,
} from '../analyst/words/calendar.ts'
import { counted } from '../domain/counted.ts'
import { momentValue } from './option-values.ts'
import { type ArchiveOptions, archiveConfig, CONFIG_OPTION, DATABASE_OPTION } from './shared-options.ts'
import { writeOutput, writeWholeFile } from './whole-file.ts'

interface CommonOptions extends ArchiveOptions {
  readonly calendar?: string
  readonly out?: string
}

interface ImportOptions extends CommonOptions {
  readonly mapping?: string
  readonly publish?: boolean
}

interface AnswerOptions extends CommonOptions {
  readonly at?: number
  readonly replace?: boolean
}

const say = (line: string) => process.stderr.write(`${line}\n`)

/** `sigwatch complaints`: imports exports, tracks deadlines and produces the monthly table. */
export function complaintsCommand(): Command {
  const command = new Command('complaints')
  common(command.command('import'))
    .description('Import complaints; importing a file again changes nothing')
    .argument('<file...>', 'CSV in UTF-8 or GBK')
    .option('--mapping <file>', 'map of the columns (YAML; default: the shipped map for 12321, unverified)')
    .option('--out <file>', 'write lines for run --complaints instead of the archive')
    .option('--publish', 'also send them to the topic of complaints; the service counts each once')
    .action(importFiles)
  common(command.command('answered'))
    .description('Record that complaints were answered')
    .argument('<id...>', 'ids of complaints')
    .option('--at <time>', 'when, ISO-8601 with offset or epoch ms (default: now)', momentValue)
    .option('--replace', 'replace an answer recorded before')
    .action(answered)
  common(command.command('deadlines'))
    .description('Write the open deadlines as CSV, the earliest first')
    .option('--calendar <file>', 'holidays, make-up working days and deadlines (YAML)')
    .option('--out <file>', 'file to write (default: stdout)')
    .action(deadlines)
  common(command.command('table'))
    .description('Write a month by enterprise, SP and template as CSV, for the regulator')
    .requiredOption('--month <month>', 'YYYY-MM, in the zone of the calendar', month)
    .option('--calendar <file>', 'holidays, make-up working days and deadlines (YAML)')
    .option('--out <file>', 'file to write (default: stdout)')
    .action(table)
  return command.addHelpText(
    'after',
    '\nExamples:\n  sigwatch complaints import export.csv --mapping ours.yaml\n  sigwatch complaints table --month 2026-11 --calendar holidays.yaml --out november.csv',
  )
}

function common(command: Command): Command {
  return command
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .exitOverride()
}

async function importFiles(files: readonly string[], options: ImportOptions): Promise<void> {
  const { mappingOf, archiveComplaints, complaintTopicOf, publishComplaints } = await import(
    '../service/compose-complaints.ts'
  )
  const { readExport } = await import('../analyst/complaints/export-file.ts')
  const { config } = archiveConfig(options)
  if (options.publish) complaintTopicOf(config)
  const mapping = mappingOf(options.mapping)
  if (!mapping.verified)
    say(`${mapping.file}: this mapping is not verified with a real export (verified: true)`)
  const read: (readonly PlacedComplaint[])[] = []
  let refused = 0
  for (const file of files) {
    const { complaints, encoding, refused: rows, absent } = readExport(file, mapping)
    say(
      `${file}: ${counted(complaints.length, 'complaint')} (${encoding}), ${counted(rows.length, 'row')} refused`,
    )
    if (absent.length > 0) say(`${file}: no column for ${absent.join(', ')}`)
    for (const { line, message } of rows) say(`${file}:${line}: ${message}`)
    refused += rows.length
    read.push(complaints.map((complaint) => ({ ...complaint, place: `${file}:${complaint.line}` })))
  }
  const { complaints, conflicting } = mergeExports(read)
  refused += sayConflicts('an earlier file', conflicting)
  let sent = complaints
  if (options.out !== undefined) {
    writeWholeFile(options.out, complaints.map(({ record }) => `${JSON.stringify(record)}\n`).join(''))
  } else {
    const {
      added,
      known,
      answered: closed,
      past,
      ahead,
      conflicting: others,
      erased,
    } = await archiveComplaints(config, complaints)
    say(`archived: ${added} new, ${known} known (${closed} of them answered since)`)
    const of = (ids: readonly string[]) => {
      const named = new Set(ids)
      return complaints.filter(({ record: { id } }) => named.has(id))
    }
    if (past.length > 0) say(`${past.length} left out: past archive.retention (${placesOf(of(past))})`)
    for (const { place } of of(ahead)) say(`${place}: ts: is in the future: not archived`)
    if (erased.length > 0) say(`${erased.length} left out: erased with the person`)
    refused += ahead.length + sayConflicts('the archive', of(others))
    const unsent = new Set([...others, ...erased])
    sent = complaints.filter(({ record: { id } }) => !unsent.has(id))
  }
  if (options.publish) say(`sent to the topic ${await publishComplaints(config, sent)}`)
  if (refused > 0) process.exitCode = 1
}

/** Places of the first ten. */
function placesOf(rows: readonly PlacedComplaint[]): string {
  const places = rows.slice(0, 10).map(({ place }) => place)
  return rows.length > places.length ? `${places.join(', ')}, …` : places.join(', ')
}

/** Prints the conflicts and returns their number. */
function sayConflicts(where: string, rows: readonly PlacedComplaint[]): number {
  for (const { place } of rows) say(`${place}: id: ${where} has it for another complaint, which stands`)
  return rows.length
}

async function answered(ids: readonly string[], options: AnswerOptions): Promise<void> {
  const { noteAnswers } = await import('../service/compose-complaints.ts')
  const { at, replace = false } = options
  const all = await noteAnswers(archiveConfig(options).config, ids, { at, replace })
  for (const one of all) say(`${one.id}: ${ANSWERS[one.outcome](isoOf(one.at))}`)
  if (all.some(({ outcome }) => outcome !== 'noted' && outcome !== 'same')) process.exitCode = USAGE
}

const USAGE = 2
const isoOf = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString())
const ANSWERS: Readonly<Record<AnswerNoted['outcome'], (at: string) => string>> = {
  noted: (at) => `noted as answered at ${at}`,
  same: (at) => `was noted before as answered at ${at}`,
  unknown: () => 'the archive has no such complaint',
  standing: (at) => `not changed: it was answered at ${at}; --replace takes the new time instead`,
  'before it was made': (at) => `not noted: --at lies before the complaint was made, at ${at}`,
  'in the future': (at) => `not noted: --at is in the future: the clock of the database shows ${at}`,
}

async function deadlines(options: CommonOptions): Promise<void> {
  const { openDeadlines } = await import('../service/compose-complaints.ts')
  const config = archiveConfig(options).config
  const calendar = calendarOf(options)
  // Deadlines computed without holidays must not replace the stored ones.
  const store = options.calendar !== undefined
  const all = await openDeadlines(config, calendar, { now: Date.now(), store })
  warnOfYears(
    calendar,
    all.map(({ deadline }) => deadline),
  )
  writeOutput(options.out, deadlineSheet(all, calendar, config.locale))
  const count = (wanted: string) => all.filter(({ standing }) => standing === wanted).length
  say(`${count('overdue')} overdue, ${count('due')} end within two working days, ${count('running')} run`)
}

async function table(options: CommonOptions & { month: string }): Promise<void> {
  const { complaintGroups } = await import('../service/compose-complaints.ts')
  const config = archiveConfig(options).config
  const calendar = calendarOf(options)
  const groups = await complaintGroups(config, monthRange(options.month, calendar), calendar, Date.now())
  writeOutput(options.out, monthSheet(options.month, groups, config.locale))
  const all = groups.reduce((sum, group) => sum + group.complaints, 0)
  say(`${counted(all, 'complaint')} in ${counted(groups.length, 'group')}`)
}

function calendarOf({ calendar }: CommonOptions): Calendar {
  if (calendar !== undefined) return loadCalendar(calendar)
  say('no --calendar: only weekends are not working days')
  return WEEKENDS_ONLY
}

function warnOfYears(calendar: Calendar, all: Parameters<typeof uncoveredYears>[1]): void {
  if (calendar === WEEKENDS_ONLY) return
  const years = uncoveredYears(calendar, all)
  if (years.length > 0) say(`the calendar has no holidays of ${years.join(', ')}: days may be wrong there`)
}

function month(text: string): string {
  if (!/^20\d\d-(?:0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('must be a month, YYYY-MM.')
  return text
}
