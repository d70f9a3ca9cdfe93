import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { counted } from '../domain/counted.ts'
import { optionFault, SigwatchError } from '../domain/errors.ts'
import { LIST_NAME, templateRow } from '../pipeline/side-inputs/template-rows.ts'
import type { TemplatesPlace } from '../service/compose-templates.ts'
import { type Config, loadConfig } from '../settings/config.ts'
import { CONFIG_OPTION, example } from './shared-options.ts'
import { writeOutput } from './whole-file.ts'

interface TemplatesOptions {
  readonly config?: string
  readonly key?: string
  readonly out?: string
  readonly list?: string
}

/** `sigwatch templates`: exchanges confirmed fraud and illicit templates between deployments. */
export function templatesCommand(): Command {
  const command = new Command('templates')
  command
    .command('list')
    .description('Print the templates, one JSON object per line')
    .option(...CONFIG_OPTION)
    .action((options: TemplatesOptions) => withTemplates(options, list))
  command
    .command('export')
    .description(
      'Write the templates confirmed here as a signed list, without the names of those who confirmed them',
    )
    .option(...CONFIG_OPTION)
    .option('--key <file>', 'private key (Ed25519, PEM) to sign with')
    .option('--list <name>', 'name of the list: letters, digits, dots, _ or - (default: the deployment)')
    .option('--out <file>', 'file to write (default: stdout)')
    .addHelpText(...example('sigwatch templates export --key key.pem --list cmcc-fraud --out list.jsonl'))
    .action((options: TemplatesOptions) => withTemplates(options, (needs) => exported(needs, options)))
  command
    .command('import')
    .description('Import a signed list; its templates only go to review until they are confirmed here')
    .argument('<file>', 'the list')
    .option(...CONFIG_OPTION)
    .option('--key <file>', 'public key (Ed25519, PEM) of the signer')
    .addHelpText(...example('sigwatch templates import list.jsonl --key cmcc.pub.pem'))
    .action((file: string, options: TemplatesOptions) =>
      withTemplates(options, (needs) => imported(needs, file, options)),
    )
  return command
}

/** What the subcommands need; `open` is called after everything else has been validated. */
interface Needs {
  readonly config: Config
  readonly now: number
  readonly open: () => Promise<TemplatesPlace>
}

async function withTemplates(
  options: TemplatesOptions,
  work: (needs: Needs) => Promise<void>,
): Promise<void> {
  const file = options.config === undefined ? {} : { file: options.config }
  const { config } = loadConfig({ ...file, serving: false })
  const { openTemplates } = await import('../service/compose-templates.ts')
  const { commandClock } = await import('../service/command-clock.ts')
  let place: TemplatesPlace | undefined
  const open = async () => {
    place = await openTemplates(config)
    return place
  }
  try {
    await work({ config, now: (await commandClock(config)).now(), open })
  } finally {
    await place?.close()
  }
}

async function list({ open, now }: Needs): Promise<void> {
  for (const template of await (await open()).held(now)) process.stdout.write(`${templateRow(template)}\n`)
}

async function exported(
  { open, now, config }: Needs,
  { key, out, list: name = config.deployment }: TemplatesOptions,
) {
  const { readKey, writtenList } = await import('./template-list.ts')
  if (!LIST_NAME.test(name))
    throw optionFault(
      '--list',
      `"${name}" is not a name of a list (allowed: letters, digits, dots, _ and -, but not local)`,
    )
  const signing = readKey(required(key, 'private'), 'private')
  const confirmed = (await (await open()).held(now)).filter(({ confirmations }) => confirmations.length > 0)
  const text = writtenList(confirmed, { name, at: now, key: signing })
  // World-readable: a list contains no texts and no numbers and is meant to be shared.
  writeOutput(out, text, 0o644)
  process.stderr.write(`${counted(confirmed.length, 'template')} in the list ${name}\n`)
}

async function imported(
  { open, now, config }: Needs,
  file: string,
  { key }: TemplatesOptions,
): Promise<void> {
  const { readKey, readList } = await import('./template-list.ts')
  const known = readKey(required(key, 'public'), 'public')
  const latest = now + config.limits.futureReject
  const { name, templates } = readList(readFile(file), { file, key: known, latest })
  const place = await open()
  const held = new Set((await place.held(now)).map(({ sketch }) => sketch))
  const fresh = templates.filter(({ sketch, until }) => !held.has(sketch) && until > now)
  await place.append(fresh, now)
  const others = templates.length - fresh.length
  process.stderr.write(
    `${counted(fresh.length, 'template')} of the list ${name} written to ${place.name}, ${others} were known or had ended\n`,
  )
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new SigwatchError('USAGE', `${file}: cannot be read`)
  }
}

function required(key: string | undefined, kind: string): string {
  if (key === undefined)
    throw new SigwatchError('USAGE', `--key is missing: give the file of the ${kind} key`)
  return key
}
