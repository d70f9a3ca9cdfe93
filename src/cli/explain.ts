import { Command, Option } from 'commander'
import { BrandNames } from '../analyst/archive/brand-names.ts'
import { withoutMobiles } from '../analyst/archive/mobiles.ts'
import { termsOf } from '../analyst/evidence/terms.ts'
import { type Surround, wholeLetter } from '../analyst/letter/head.ts'
import { letterOf } from '../analyst/letter/letter.ts'
import { letterPage, markdown } from '../analyst/letter/render.ts'
import { READERS, type Reader, sayIn } from '../analyst/letter/words.ts'
import { createDescribe } from '../detection/detectors/describe.ts'
import type { Locale } from '../detection/detectors/words.ts'
import { optionFault, SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { clockTime } from '../domain/time.ts'
import { openArchiveReader } from '../service/compose-archive.ts'
import { printPdf } from '../service/print-pdf.ts'
import type { Config } from '../settings/config.ts'
import {
  type ArchiveOptions,
  archiveConfig,
  CONFIG_OPTION,
  DATABASE_OPTION,
  example,
} from './shared-options.ts'
import { writeOutput, writeWholeFile } from './whole-file.ts'

interface ExplainOptions extends ArchiveOptions {
  readonly for: Reader
  readonly locale?: Locale
  readonly format: 'md' | 'pdf'
  readonly out?: string
  readonly addressee?: string
  readonly fileNumber?: string
}

/** `sigwatch explain`: writes the letter about a message or an alert, from the archive. */
export function explainCommand(): Command {
  return new Command('explain')
    .argument('<id>', 'id of a message, an alert or a state')
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
    .option('--addressee <text>', 'to whom the letter goes')
    .option('--file-number <text>', 'file number of the letter')
    .option('--out <file>', 'file to write (default: stdout; required for a PDF)')
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .addHelpText(...example('sigwatch explain gw7-88012.3 --for subscriber --locale zh-CN'))
    .action(explain)
}

async function explain(id: string, options: ExplainOptions): Promise<void> {
  const { format, out } = options
  if (format === 'pdf' && out === undefined) throw new SigwatchError('USAGE', '--format pdf requires --out')
  const { config } = archiveConfig(options)
  const archive = await openArchiveReader(config, 'sigwatch explain')
  const locale = options.locale ?? config.locale
  const brands = new BrandNames(locale)
  const found = await Promise.all([archive.case(id), brands.renew(archive.ask)])
    .then(([one]) => one)
    .finally(() => archive.close())
  if (!found)
    throw new SigwatchError(
      'USAGE',
      `the archive has no alert "${id}", and none on a message or state of that id`,
    )
  const { kind } = found.alert.data.target
  if (options.for === 'subscriber' && kind !== 'message' && kind !== 'recipient')
    throw new SigwatchError(
      'USAGE',
      `the alert is about a ${kind}: a letter to a subscriber is about messages that they received`,
    )
  const say = sayIn(locale)
  const content = letterOf(found, {
    locale,
    reader: options.for,
    say,
    term: termsOf(locale),
    describe: createDescribe(locale),
    brand: (one) => brands.get(one) ?? one,
  })
  const letter = wholeLetter(content, surroundOf(options, config), say)
  if (format === 'pdf') writeWholeFile(out!, await printPdf(letterPage(letter, locale)))
  else writeOutput(out, markdown(letter))
}

function surroundOf({ addressee, fileNumber }: ExplainOptions, { letters }: Config): Surround {
  for (const [option, text = ''] of Object.entries({ addressee, 'file-number': fileNumber }))
    if (withoutMobiles(text) !== text)
      throw optionFault(`--${option}`, `has a mobile number, which the letter would show: leave it out`)
  return {
    letterhead: letters.letterhead ?? [],
    date: clockTime(Date.now()).slice(0, 10),
    contact: letters.contact,
    ...given({ addressee, fileNumber }),
  }
}
