import { Command, Option } from 'commander'
import { loadCalendar, WEEKENDS_ONLY } from '../analyst/words/calendar.ts'
import { LOCALES, type Locale } from '../detection/detectors/words.ts'
import { SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { momentOf } from './moment.ts'
import {
  type ArchiveOptions,
  archiveConfig,
  CONFIG_OPTION,
  DATABASE_OPTION,
  example,
} from './shared-options.ts'
import { writeOutput } from './whole-file.ts'

interface ReportOptions extends ArchiveOptions {
  readonly alerts?: readonly string[]
  readonly from: string
  readonly to: string
  readonly title?: string
  readonly locale?: Locale
  readonly out?: string
  readonly calendar?: string
}

/** `sigwatch report`: writes one self-contained HTML page about a period, from the archive or from files of alerts. */
export function reportCommand(): Command {
  return new Command('report')
    .requiredOption('--from <time>', 'start, ISO-8601 with offset or epoch ms')
    .requiredOption('--to <time>', 'end, not included')
    .option('--out <file>', 'file to write (default: stdout)')
    .option('--alerts <file...>', 'files of alerts, one a line, instead of the archive')
    .option('--title <text>', 'heading of the page')
    .addOption(new Option('--locale <locale>', 'language (default: the setting locale)').choices(LOCALES))
    .option('--calendar <file>', 'holidays and deadlines of complaints (YAML; default: weekends alone)')
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .addHelpText(
      ...example(
        'sigwatch report --from 2026-11-11T00:00+08:00 --to 2026-11-12T00:00+08:00 --out double-eleven.html',
      ),
    )
    .action(report)
}

async function report(options: ReportOptions): Promise<void> {
  const { title, out, alerts } = options
  const [from, to] = [momentOf('--from', options.from), momentOf('--to', options.to)]
  if (from >= to) throw new SigwatchError('USAGE', '--to must be after --from')
  const { config } = archiveConfig(options)
  const locale = options.locale ?? config.locale
  const { composeReport } = await import('../service/compose-report.ts')
  const calendar = options.calendar === undefined ? WEEKENDS_ONLY : loadCalendar(options.calendar)
  const page = await composeReport(
    { ...config, locale },
    { from, to, calendar, ...given({ title, files: alerts }) },
  )
  writeOutput(out, page)
  if (out !== undefined) process.stderr.write(`written to ${out}\n`)
}
