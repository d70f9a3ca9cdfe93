import { createHash } from 'node:crypto'
import { Command } from 'commander'
import { findComplaint, findMessages } from '../analyst/evidence/collect.ts'
import { findConsents } from '../analyst/evidence/consents.ts'
import { findDecisions } from '../analyst/evidence/decisions.ts'
import { localiser } from '../analyst/evidence/localise.ts'
import { manifestOf } from '../analyst/evidence/manifest.ts'
import { renderPack } from '../analyst/evidence/markdown.ts'
import { buildPack, type Pack } from '../analyst/evidence/pack.ts'
import { speaker } from '../analyst/evidence/words.ts'
import { loadCalendar, WEEKENDS_ONLY } from '../analyst/words/calendar.ts'
import { SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { DAY, parseIsoTime } from '../domain/time.ts'
import { createKeyRing, type TokeniseLike } from '../domain/token.ts'
import { lineDecoder, prepareNow, topicDecoder } from '../pipeline/inputs.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { type Config, loadConfig } from '../settings/config.ts'
import { DEVELOPMENT_TOKEN_KEY, revealed } from '../settings/secret.ts'
import { openSources, type PackFiles, type PackSources } from './case-pack-sources.ts'
import { packNames, refuseStandingPack, whereabouts, writePack } from './pack-files.ts'

interface EvidenceOptions extends PackFiles {
  readonly complaint: string
  readonly config?: string
  readonly calendar?: string
  readonly received?: string
  readonly days: string
  readonly max: string
  readonly out: string
  readonly locale?: string
  readonly clear?: boolean
  readonly by?: string
  readonly replace?: boolean
}

/** Tolerated difference between the clock of a complaint and that of the gateway, ms. */
const CLOCKS_APART = 5 * 60_000
const FAILURE = 1

const report = (line: string) => process.stderr.write(`${line}\n`)

/** `sigwatch evidence`: collects what is known about a complaint for the regulator, as Markdown and JSON. */
export function evidenceCommand(): Command {
  return new Command('evidence')
    .requiredOption('--complaint <id>', 'id of the complaint')
    .option('--config <file>', 'service configuration: its files, topics, ledger and token key are used')
    .option('--complaints <file>', 'complaints (JSONL or CSV)')
    .option('--messages <file>', 'input records (JSONL)')
    .option('--verdicts <file>', 'verdicts (JSONL)')
    .option('--alerts <file>', 'alerts (JSONL)')
    .option('--shadow-alerts <file>', 'alerts of rules in shadow mode (JSONL)')
    .option('--consents <file>', 'consents and refusals (JSONL or CSV)')
    .option('--replies <file>', 'inbound replies (JSONL or CSV)')
    .option('--registry <file>', 'brands, signatures and ports (YAML, JSON, JSONL or CSV)')
    .option('--calendar <file>', 'holidays, make-up working days and deadlines (YAML)')
    .option('--received <time>', 'when the complaint reached us, ISO-8601 with offset or epoch ms')
    .option('--days <n>', 'days before the complaint in which messages are searched', '7')
    .option('--max <n>', 'number of messages to show, the most similar first', '20')
    .option('--out <dir>', 'folder to write to', 'evidence')
    .option('--locale <locale>', 'language of the pack: en or zh-CN (default: the setting locale)')
    .option('--clear', 'recipient and texts in clear, for the regulator only')
    .option('--by <name>', 'name of the person, for the manifest (default: the account)')
    .option('--replace', 'replace the pack of an earlier run in the folder')
    .addHelpText(
      'after',
      '\nWhat no file is named for is read from the topics, when brokers are configured; complaints also from the archive.\nExample:\n  sigwatch evidence --complaint c-1 --complaints complaints.jsonl --messages messages.jsonl --alerts alerts.jsonl',
    )
    .action(run)
}

async function run(options: EvidenceOptions): Promise<void> {
  const { config } = loadConfig({
    file: options.config,
    overrides: { locale: options.locale },
    serving: false,
  })
  const days = wholeNumber('--days', options.days, 366)
  const max = wholeNumber('--max', options.max, 1000)
  const receivedAt = options.received === undefined ? undefined : timeOf(options.received)
  const calendar = options.calendar === undefined ? WEEKENDS_ONLY : loadCalendar(options.calendar)
  const tokenise = tokeniserOf(config)
  const say = speaker(config.locale)
  const names = packNames(`${options.clear ? 'clear-' : ''}evidence-${fileName(options.complaint)}`)
  if (!options.replace) refuseStandingPack(options.out, names)

  const sources = await openSources(config, options, report)
  let collected: Collected | undefined
  try {
    for (const input of ['complaints', 'messages'] as const) {
      if (!sources.absent.includes(input)) continue
      const or = input === 'complaints' ? ' or archive.url' : ''
      throw new SigwatchError('USAGE', `no ${input}: give --${input} FILE, or configure kafka.brokers${or}`)
    }
    collected = await collect(
      options.complaint,
      { config, days, max, receivedAt, calendar, tokenise, say, sources },
      options,
    )
  } finally {
    await sources.close()
  }
  if (!collected) {
    process.exitCode = FAILURE
    return
  }
  const { pack, registry } = collected
  const files = [
    { name: names[0], content: renderPack(pack, calendar, say) },
    { name: names[1], content: `${JSON.stringify(pack, null, 2)}\n` },
  ]
  const manifest = manifestOf({
    pack,
    files,
    madeBy: { name: options.by ?? whereabouts().account, ...whereabouts() },
    query: { ...options, days, max, locale: config.locale },
    commit: COMMIT,
    ...given({ registry }),
  })
  const paths = writePack(options.out, [...files, manifest], options.replace ?? false)
  process.stdout.write(`${paths.join('\n')}\n`)
  report(
    `complaint ${options.complaint}: ${pack.messages.length} of ${pack.matched} messages shown, ${pack.missing.length} things not found`,
  )
  if (pack.clear) report('recipient and texts are in clear: for the regulator only')
}

interface PackInputs {
  readonly config: Config
  readonly days: number
  readonly max: number
  readonly receivedAt: number | undefined
  readonly calendar: Parameters<typeof renderPack>[1]
  readonly tokenise: TokeniseLike
  readonly say: ReturnType<typeof speaker>
  readonly sources: PackSources
}

interface Collected {
  readonly pack: Pack
  /** Hash of the registry that was read. */
  readonly registry: string | undefined
}

/** Returns undefined, after reporting it, if there is no such complaint. */
async function collect(
  id: string,
  { config, days, max, receivedAt, calendar, tokenise, say, sources }: PackInputs,
  { clear = false, messages: file }: EvidenceOptions,
): Promise<Collected | undefined> {
  const { feeds, absent, ledger } = sources
  const { found, readings } = await soughtComplaint(sources, id)
  if (!found) {
    const read = readings.map((r) => `${r.name} (${r.records} rows, ${r.unreadable} of them unreadable)`)
    report(`sigwatch: no complaint has the id ${JSON.stringify(id)} in ${read.join(', ')}`)
    return undefined
  }
  const { complaint } = found
  const window = { from: complaint.ts - days * DAY, to: complaint.ts + CLOCKS_APART }
  const registry = await sources.registry()
  const decode = file === undefined ? topicDecoder(config) : lineDecoder(config)
  const messages = await findMessages({
    feeds: feeds.messages,
    complaint,
    window,
    tokenise,
    decode,
    prepare: (records) => prepareNow(decode, records),
    partWait: config.limits.partWait,
    max,
  })
  const kept = messages.kept.map(({ message }) => message)
  const { decided, readings: decisions } = await findDecisions(kept, feeds, localiser(config.locale))
  const consents = await findConsents({
    messages: kept,
    consents: feeds.consents,
    replies: feeds.replies,
    ...given({ ledger }),
    tokenise,
  })
  const pack = buildPack({
    version: VERSION,
    deployment: config.deployment,
    now: Date.now(),
    found,
    window,
    messages,
    decided,
    consents: consents.found,
    ...given({ receivedAt, registry }),
    calendar,
    readings: [...readings, ...messages.readings, ...decisions, ...consents.readings],
    absent,
    showing: { clear, senderContacts: config.privacy.senderContacts, tokenise },
    say,
  })
  return { pack, registry: registry?.hash }
}

/** Looks in the archive last: imported complaints are there, but need not be in the topic. */
async function soughtComplaint({ feeds, archived }: PackSources, id: string) {
  const first = await findComplaint(feeds.complaints, id)
  if (first.found || !archived) return first
  const { found, readings } = await findComplaint([await archived(id)], id)
  return { found, readings: [...first.readings, ...readings] }
}

function tokeniserOf({ privacy: { tokenKey, previousTokenKeys } }: Config): TokeniseLike {
  if (!tokenKey) {
    report(
      'no privacy.tokenKey: tokens are made with the public development key, and match no alert of a service',
    )
  }
  return createKeyRing(revealed(tokenKey ?? DEVELOPMENT_TOKEN_KEY), (previousTokenKeys ?? []).map(revealed))
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new SigwatchError('USAGE', `${option}: ${text} is not allowed (allowed: 1 to ${most})`)
}

function timeOf(text: string): number {
  const ms = /^\d{12,14}$/.test(text) ? Number(text) : parseIsoTime(text)
  if (!Number.isNaN(ms)) return ms
  throw new SigwatchError(
    'USAGE',
    `--received: ${text} is neither ISO-8601 with an offset nor epoch milliseconds`,
  )
}

/** The id made safe for a file name. Ids that had to be changed get a hash, so that they stay distinct. */
function fileName(id: string): string {
  const safe = id.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 80)
  return safe === id ? id : `${safe}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`
}
