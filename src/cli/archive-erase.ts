import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { ErasureOrder } from '../analyst/archive/erase.ts'
import { withoutMobiles } from '../analyst/archive/mobiles.ts'
import { optionFault, orUsage, SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { createTokeniser } from '../domain/token.ts'
import type { Config } from '../settings/config.ts'
import { revealed } from '../settings/secret.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import { whereabouts } from './pack-files.ts'
import {
  type ArchiveOptions,
  archiveConfig,
  CONFIG_OPTION,
  DATABASE_OPTION,
  example,
} from './shared-options.ts'
import { refuseFolder } from './standard-input.ts'

interface EraseOptions extends ArchiveOptions {
  readonly token?: string
  readonly numberFile?: string
  readonly by?: string
  readonly why?: string
  readonly ref?: string
}

/** `sigwatch archive erase`: erases the data of one person. A number is read from a file, as arguments are visible to others. */
export function eraseCommand(): Command {
  return new Command('erase')
    .description('Erase the data of one person and print how much it was')
    .option('--token <token>', 'token of the recipient, as alerts have it in toToken')
    .option('--number-file <file>', 'file with the number of the recipient instead; - is stdin')
    .option('--by <name>', 'who orders the erasure (default: the account)')
    .option('--why <text>', 'reason for the erasure')
    .option('--ref <text>', 'reference, such as the number of the request')
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .addHelpText(
      ...example(
        'sigwatch archive erase --number-file - --by ann --why "request of the subscriber" --ref R-17 < number.txt',
      ),
    )
    .action((_options, self: Command) => eraseOf(self.optsWithGlobals<EraseOptions>()))
}

async function eraseOf(options: EraseOptions): Promise<void> {
  const { token, numberFile } = options
  if ((token === undefined) === (numberFile === undefined))
    throw new SigwatchError('USAGE', 'name the person by either --token or --number-file')
  const { config } = archiveConfig(options)
  const number = numberFile === undefined ? undefined : numberIn(numberFile)
  const tokens = number === undefined ? [tokenIn(token!)] : tokensOf(number, config)
  const order = orderOf(options, [...tokens, ...(number === undefined ? [] : [number])])
  const [{ withArchive }, { erase }] = await Promise.all([
    import('../service/compose-archive.ts'),
    import('../analyst/archive/erase.ts'),
  ])
  const erased = await withArchive(config, (client) => erase(client, tokens, order))
  process.stdout.write(`${JSON.stringify(erased)}\n`)
}

function tokenIn(text: string): string {
  if (/^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{22}$/.test(text)) return text
  throw new SigwatchError(
    'USAGE',
    '--token: must be <keyId>.<token>, as alerts have it in toToken; a number goes into a file (--number-file)',
  )
}

/** The number in the file, in canonical form. Faults do not show what the file has. */
function numberIn(file: string): string {
  const lines = contentOf(file)
    .normalize('NFKC')
    .split(/\r?\n/)
    .map((line) => line.replace(/[\s\uFEFF-]/g, ''))
    .filter((line) => line !== '')
  if (lines.length === 1 && /^\+?\d{5,20}$/.test(lines[0]!)) return canonicalNumber(lines[0]!)
  const place = file === '-' ? 'standard input' : file
  throw optionFault('--number-file', `${place} must have one line with one number of 5 to 20 digits`)
}

function contentOf(file: string): string {
  if (/^[+\d\s-]{5,}$/.test(file.normalize('NFKC')))
    throw new SigwatchError('USAGE', '--number-file takes a file, or - for standard input, not a number')
  if (file === '-') refuseFolder()
  return orUsage(`cannot read ${file}`, () => readFileSync(file === '-' ? 0 : file, 'utf8'))
}

/** The tokens of a number under the current key and the previous ones. */
function tokensOf(number: string, { privacy: { tokenKey, previousTokenKeys } }: Config): string[] {
  if (!tokenKey)
    throw new SigwatchError(
      'USAGE',
      '--number-file requires the token key of the service: set privacy.tokenKey (SIGWATCH_PRIVACY_TOKEN_KEY)',
    )
  return [tokenKey, ...(previousTokenKeys ?? [])].map((key) => createTokeniser(revealed(key))(number))
}

/** The order as it is recorded. Throws USAGE if it names the person: the record outlives the data. */
function orderOf({ by, why, ref }: EraseOptions, names: readonly string[]): ErasureOrder {
  for (const [option, text = ''] of Object.entries({ by, why, ref })) {
    const plain = text.normalize('NFKC').replace(/[ -]/g, '')
    if (withoutMobiles(text) !== text || names.some((name) => text.includes(name) || plain.includes(name)))
      throw optionFault(
        `--${option}`,
        `names the person; it stays in the records, so leave numbers and tokens out`,
      )
  }
  const { account, host } = whereabouts()
  return { by: by ?? `${account}@${host}`, ...given({ why, ref }) }
}
