import { createHash } from 'node:crypto'
import { Command } from 'commander'
import { findMessages, type SourceReading } from '../analyst/evidence/collect.ts'
import { findConsents } from '../analyst/evidence/consents.ts'
import { findDecisions, inLanguage } from '../analyst/evidence/decisions.ts'
import { localiser } from '../analyst/evidence/localise.ts'
import { manifestOf } from '../analyst/evidence/manifest.ts'
import { renderPack } from '../analyst/evidence/markdown.ts'
import { buildPack, type Pack } from '../analyst/evidence/pack.ts'
import type { Subject } from '../analyst/evidence/subject.ts'
import { speaker } from '../analyst/evidence/words.ts'
import { loadCalendar, WEEKENDS_ONLY } from '../analyst/words/calendar.ts'
import { given } from '../domain/given.ts'
import { createKeyRing, type TokeniseLike } from '../domain/token.ts'
import { lineDecoder, prepareNow, topicDecoder } from '../pipeline/inputs.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { type Config, loadConfig } from '../settings/config.ts'
import { DEVELOPMENT_TOKEN_KEY, revealed } from '../settings/secret.ts'
import { openSources, type PackFiles, type PackSources } from './case-pack-sources.ts'
import { inquire, needInputs, type SubjectOptions, subjectOf } from './evidence-subject.ts'
import { momentValue, wholeOf } from './option-values.ts'
import { packNames, whereabouts, writePack } from './pack-files.ts'

interface EvidenceOptions extends PackFiles, SubjectOptions {
  readonly config?: string
  readonly calendar?: string
  /** Epoch ms. */
  readonly received?: number
  readonly days: number
  readonly max: number
  readonly out: string
  readonly locale?: string
  readonly clear?: boolean
  readonly by?: string
  readonly replace?: boolean
}

const FAILURE = 1

const report = (line: string) => process.stderr.write(`${line}\n`)

/** `sigwatch evidence`: collects what is known about a complaint, a message or an alert for the regulator, as Markdown and JSON. */
export function evidenceCommand(): Command {
  return new Command('evidence')
    .option('--complaint <id>', 'id of the complaint that the pack is about')
    .option('--message <id>', 'id of the message that the pack is about')
    .option('--alert <id>', 'id of the alert that the pack is about')
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
    .option(
      '--received <time>',
      'when the complaint reached us, ISO-8601 with offset or epoch ms',
      momentValue,
    )
    .option(
      '--days <n>',
      'days before the complaint, or before now, in which topics are searched',
      wholeOf(1, 366),
      7,
    )
    .option(
      '--max <n>',
      'number of messages on a complaint to show, the most similar first',
      wholeOf(1, 1000),
      20,
    )
    .option('--out <dir>', 'folder to write to', 'evidence')
    .option('--locale <locale>', 'language of the pack: en or zh-CN (default: the setting locale)')
    .option('--clear', 'recipient and texts in clear, for the regulator only')
    .option('--by <name>', 'name of the person, for the manifest (default: the account)')
    .option('--replace', 'drop the pack of an earlier run instead of moving it into a folder')
    .addHelpText(
      'after',
      '\nWhat no file is named for is read from the topics, when brokers are configured; complaints and alerts also from the archive.\nExample:\n  sigwatch evidence --complaint c-1 --complaints complaints.jsonl --messages messages.jsonl --alerts alerts.jsonl',
    )
    .action(run)
}

async function run(options: EvidenceOptions): Promise<void> {
  const { config } = loadConfig({
    file: options.config,
    overrides: { locale: options.locale },
    serving: false,
  })
  const { days, max, received: receivedAt } = options
  const calendar = options.calendar === undefined ? WEEKENDS_ONLY : loadCalendar(options.calendar)
  const tokenise = tokeniserOf(config)
  const say = speaker(config.locale)
  const subject = subjectOf(options)
  const names = packNames(baseName(subject, options.clear))

  const sources = await openSources(config, options, report)
  let collected: Collected | undefined
  try {
    needInputs(subject, sources)
    collected = await collect(
      subject,
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
    `${subject.kind} ${subject.id}: ${pack.messages.length} of ${pack.matched} messages shown, ${pack.missing.length} things not found`,
  )
  if (pack.clear) report('the pack has recipient and texts in clear: give it only to the regulator')
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

/** Returns undefined, after reporting it, if there is no such complaint, message or alert. */
async function collect(
  subject: Subject,
  { config, days, max, receivedAt, calendar, tokenise, say, sources }: PackInputs,
  { clear = false, messages: file }: EvidenceOptions,
): Promise<Collected | undefined> {
  const { feeds, absent, ledger } = sources
  const now = Date.now()
  const isFile = file !== undefined
  const inquiry = await inquire(subject, { sources, tokenise, days, max, isFile, now })
  if (!('sought' in inquiry)) return reportUnknown(subject, inquiry.readings)
  const { found, alert, sought, window, readings } = inquiry
  const localise = localiser(config.locale)
  const registry = await sources.registry()
  const decode = isFile ? lineDecoder(config) : topicDecoder(config)
  const messages = await findMessages({
    feeds: feeds.messages,
    sought,
    window,
    tokenise,
    decode,
    prepare: (records) => prepareNow(decode, records),
    partWait: config.limits.partWait,
  })
  const kept = messages.kept.map(({ message }) => message)
  const [first] = kept
  if (subject.kind === 'message' && !first) return reportUnknown(subject, messages.readings)
  const { decided, readings: decisions } = await findDecisions(kept, feeds, localise)
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
    now,
    subject,
    ...given({ found, alert: alert && inLanguage(alert, localise) }),
    window: subject.kind === 'message' ? { from: first!.ts, to: first!.ts } : window,
    messages,
    decided,
    consents: consents.found,
    ...given({ receivedAt, registry }),
    calendar,
    readings: lastOfEach([...readings, ...messages.readings, ...decisions, ...consents.readings]),
    absent: subject.kind === 'complaint' ? absent : absent.filter((input) => input !== 'complaints'),
    showing: { clear, senderContacts: config.privacy.senderContacts, tokenise },
    say,
  })
  return { pack, registry: registry?.hash }
}

/** The alerts are read twice for a pack about one of them. */
function lastOfEach(readings: readonly SourceReading[]): SourceReading[] {
  return [...new Map(readings.map((reading) => [`${reading.input} ${reading.name}`, reading])).values()]
}

function reportUnknown({ kind, id }: Subject, readings: readonly SourceReading[]): undefined {
  const read = readings.map((r) => `${r.name} (${r.records} rows, ${r.unreadable} of them unreadable)`)
  report(`sigwatch: no ${kind} has the id ${JSON.stringify(id)} in ${read.join(', ')}`)
}

function tokeniserOf({ privacy: { tokenKey, previousTokenKeys } }: Config): TokeniseLike {
  if (!tokenKey) {
    report(
      'no privacy.tokenKey: tokens are made with the public development key, and match no alert of a service',
    )
  }
  return createKeyRing(revealed(tokenKey ?? DEVELOPMENT_TOKEN_KEY), (previousTokenKeys ?? []).map(revealed))
}

/** `evidence-c-1` for a complaint, `clear-evidence-message-m-1` for a message in clear. */
function baseName({ kind, id }: Subject, clear = false): string {
  return `${clear ? 'clear-' : ''}evidence-${kind === 'complaint' ? '' : `${kind}-`}${fileName(id)}`
}

/** The id made safe for a file name. Ids that had to be changed get a hash, so that they stay distinct. */
function fileName(id: string): string {
  const safe = id.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 80)
  return safe === id ? id : `${safe}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`
}
