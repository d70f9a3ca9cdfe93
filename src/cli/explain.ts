import { Command, Option } from 'commander'
import { termsOf } from '../analyst/evidence/terms.ts'
import { letterOf } from '../analyst/letter/letter.ts'
import { letterPage, markdown } from '../analyst/letter/render.ts'
import { READERS, type Reader, sayIn } from '../analyst/letter/words.ts'
import { createDescribe } from '../detection/detectors/describe.ts'
import type { Locale } from '../detection/detectors/words.ts'
import { SigwatchError } from '../domain/errors.ts'
import { openArchiveReader } from '../service/compose-archive.ts'
import { printPdf } from '../service/print-pdf.ts'
import { type ArchiveOptions, archiveConfig } from './archive-options.ts'
import { CONFIG_OPTION, DATABASE_OPTION } from './shared-options.ts'
import { writeOutput, writeWholeFile } from './whole-file.ts'

interface ExplainOptions extends ArchiveOptions {
  readonly for: Reader
  readonly locale?: Locale
  readonly format: 'md' | 'pdf'
  readonly out?: string
}

/** `sigwatch explain`: writes the letter about a message or an alert, from the archive. */
export function explainCommand(): Command {
  return new Command('explain')
    .argument('<id>', 'id of a message or of an alert')
    .addOption(
      new Option('--for <reader>', 'reader of the letter, who sees only what that reader may')
        .choices(READERS)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--locale <locale>', 'language (default: the setting locale)').choices(['en', 'zh-CN']),
    )
    .addOption(
      new Option('--format <format>', 'Markdown, or PDF if Chromium is installed')
        .choices(['md', 'pdf'])
        .default('md'),
    )
    .option('--out <file>', 'file to write (default: stdout; required for a PDF)')
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .addHelpText('after', '\nExample:\n  sigwatch explain gw7-88012.3 --for subscriber --locale zh-CN')
    .action(explain)
}

async function explain(id: string, options: ExplainOptions): Promise<void> {
  const { format, out } = options
  if (format === 'pdf' && out === undefined) throw new SigwatchError('USAGE', '--format pdf needs --out')
  const { config } = archiveConfig(options)
  const archive = await openArchiveReader(config, 'sigwatch explain')
  const found = await archive.case(id).finally(() => archive.close())
  if (!found)
    throw new SigwatchError('USAGE', `the archive has no alert "${id}", and none on a message of that id`)
  const { kind } = found.alert.data.target
  if (options.for === 'subscriber' && kind !== 'message' && kind !== 'recipient')
    throw new SigwatchError('USAGE', `the alert is about a ${kind}: a subscriber is told of his own messages`)
  const locale = options.locale ?? config.locale
  const letter = letterOf(found, {
    locale,
    reader: options.for,
    say: sayIn(locale),
    term: termsOf(locale),
    describe: createDescribe(locale),
  })
  if (format === 'pdf') writeWholeFile(out!, await printPdf(letterPage(letter, locale)))
  else writeOutput(out, markdown(letter))
}
