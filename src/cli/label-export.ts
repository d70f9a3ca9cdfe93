import { Command, Option } from 'commander'
import { type JudgedCorpus, judgedCorpus } from '../analyst/learning/judged-corpus.ts'
import { counted } from '../domain/counted.ts'
import { SigwatchError } from '../domain/errors.ts'
import { occurrences } from '../domain/maps.ts'
import { momentOf } from './moment.ts'
import {
  type ArchiveOptions,
  archiveConfig,
  CONFIG_OPTION,
  DATABASE_OPTION,
  example,
} from './shared-options.ts'
import { writeWholeFile } from './whole-file.ts'

interface LabelExportOptions extends ArchiveOptions {
  readonly out: string
  readonly alerts?: readonly string[]
  readonly feedback?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly conflicts: 'omit' | 'latest'
}

/** `sigwatch label-export`: exports the analysts' judgements as a corpus for `train`. */
export function labelExportCommand(): Command {
  return new Command('label-export')
    .requiredOption(
      '--out <file>',
      'corpus to write (TSV of label<TAB>text); <file>.provenance.jsonl is written next to it',
    )
    .option('--from <time>', 'start of the judgements, ISO-8601 with offset or epoch ms (default: the first)')
    .option('--to <time>', 'end of the judgements, not included (default: now)')
    .option('--alerts <file...>', 'files of alerts, one a line, instead of the archive')
    .option('--feedback <file...>', 'files of feedback, one a line; go with --alerts')
    .addOption(
      new Option('--conflicts <how>', 'what to do with templates judged in two ways')
        .choices(['omit', 'latest'])
        .default('omit'),
    )
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .addHelpText(...example('sigwatch label-export --from 2026-11-01T00:00+08:00 --out judged.tsv'))
    .action(labelExport)
}

async function labelExport(options: LabelExportOptions): Promise<void> {
  const { out, alerts, feedback } = options
  const range = {
    from: momentOf('--from', options.from) ?? 0,
    to: momentOf('--to', options.to) ?? Date.now(),
  }
  if ((alerts === undefined) !== (feedback === undefined))
    throw new SigwatchError('USAGE', '--alerts and --feedback require each other')
  const { casesOfArchive, casesOfFiles } = await import('../service/compose-label-export.ts')
  const { cases, unknown } =
    alerts && feedback
      ? await casesOfFiles({ alerts, feedback }, range)
      : await casesOfArchive(archiveConfig(options).config, range)
  const corpus = judgedCorpus(cases, options.conflicts)
  write(out, corpus)
  for (const line of summary(corpus, unknown, options.conflicts)) process.stderr.write(`${line}\n`)
  process.stdout.write(`${out}\n`)
}

function write(out: string, { rows }: JudgedCorpus): void {
  writeWholeFile(out, rows.map(({ label, text }) => `${label}\t${text}\n`).join(''))
  const provenance = rows.map(({ provenance, cases }, i) => ({ line: i + 1, cases, ...provenance }))
  writeWholeFile(`${out}.provenance.jsonl`, provenance.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

function summary(corpus: JudgedCorpus, unknown: number, how: 'omit' | 'latest'): string[] {
  const { rows, conflicts, cases, silent, repeated } = corpus
  const counts = [...occurrences(rows.map(({ label }) => label))].sort().map(([label, n]) => `${label} ${n}`)
  return [
    `${counted(cases, 'judged case')}: ${counted(rows.length, 'row')} (${counts.join(', ') || 'none'}), ${repeated} texts repeat a template`,
    `${silent} cases say nothing of the words, ${unknown} are about what is not there`,
    ...conflicts.map(({ text, said }) => {
      const words = said.map(({ label, by, at }) => `${label} by ${by} (${at})`)
      const what = how === 'latest' ? 'the latest counts' : 'left out'
      return `conflict, ${what}: ${words.join(', ')}: ${text.slice(0, 60)}`
    }),
  ]
}
