import { type Calendar, localTime } from '../words/calendar.ts'
import { fence, inline } from '../words/markdown.ts'
import type { StateEvent, StateStory, Versions } from './decisions.ts'
import type { RegistryEntry } from './filings.ts'
import { type Cell, facts, table } from './markdown-tables.ts'
import type { Fit } from './match.ts'
import type { ConsentEntry, MessageEntry } from './message-entry.ts'
import type { Pack } from './pack.ts'
import { actionOf, deadlineName } from './timeline.ts'
import type { Say, Word } from './words.ts'

/** Renders the pack as Markdown. Texts of senders are in code blocks, so that they cannot contain links or markup. */
export function renderPack(pack: Pack, calendar: Calendar, say: Say): string {
  const time = (iso: string) => localTime(calendar, Date.parse(iso))
  const { subject, complaint, alert, messages, missing, sources } = pack
  const blocks: string[] = [
    `# ${say(TITLES[subject.kind], { id: inline(subject.id) })}`,
    say('madeBy', { at: time(pack.madeAt), version: pack.version, deployment: pack.deployment }),
    pack.clear ? `**${say('inClear')}**` : say('masked'),
    ...(complaint ? renderComplaint(complaint, pack.deadlines, time, say) : []),
    ...(alert ? renderAlert(alert, time, say) : []),
    `## ${say('messages')}`,
    ...(messages.length === 0 ? [say('noMessages')] : []),
    ...messages.flatMap((message, i) => [
      `### ${say('message', { n: i + 1, count: messages.length })}`,
      ...renderMessage(message, time, say),
    ]),
    `## ${say('timeline')}`,
    table(
      [say('when'), say('what')],
      pack.timeline.map((entry) => [time(entry.at), entry.text]),
    ),
    `## ${say('missing')}`,
    missing.length === 0
      ? say('nothingMissing')
      : missing.map(({ detail }) => `- ${inline(detail)}`).join('\n'),
    `## ${say('sources')}`,
    table(
      [say('source'), '', say('records'), say('unreadable')],
      sources.map(({ input, name, records, unreadable }) => [
        say.term('input', input),
        name,
        records,
        unreadable,
      ]),
    ),
  ]
  return `${blocks.join('\n\n')}\n`
}

const TITLES = {
  complaint: 'titleComplaint',
  message: 'titleMessage',
  alert: 'titleAlert',
} as const satisfies Record<Pack['subject']['kind'], Word>

type Time = (iso: string) => string

function renderComplaint(
  complaint: NonNullable<Pack['complaint']>,
  deadlines: Pack['deadlines'],
  time: Time,
  say: Say,
): string[] {
  return [
    `## ${say('complaint')}`,
    facts(say, [
      ['id', complaint.id],
      ['source', complaint.source],
      ['category', complaint.category],
      ['complainedAt', time(complaint.at)],
      ['receivedAt', time(complaint.receivedAt)],
      ['recipient', complaint.to],
      ['token', complaint.toToken],
      ['port', complaint.from],
      ['signature', complaint.signature],
    ]),
    ...(complaint.text === undefined ? [] : [fence(complaint.text)]),
    `## ${say('deadlines')}`,
    table(
      [say('deadline'), say('workingDays'), say('countedFrom'), say('lastDay')],
      deadlines.map(({ name, days, from, date }) => [
        deadlineName(name, say),
        days,
        say(from === 'complaint' ? 'complainedAt' : 'receivedAt'),
        date,
      ]),
    ),
  ]
}

function renderAlert(alert: NonNullable<Pack['alert']>, time: Time, say: Say): string[] {
  const { kind, id } = alert.target
  return [
    `## ${say('alert')}`,
    facts(say, [
      ['id', alert.id],
      ['when', time(alert.at)],
      ['what', say.term('event', alert.type.slice(EVENT))],
      ['target', say('target', { kind: say.term('target', kind), id })],
      ['state', alert.state],
      ['versions', versionsText(alert.versions, say)],
    ]),
    alertTable([alert], time, say),
  ]
}

/** Length of what the types of all alerts begin with. */
const EVENT = 'sigwatch.alert.'.length

function alertTable(alerts: MessageEntry['alerts'], time: Time, say: Say): string {
  return table(
    [say('alert'), say('when'), say('action'), say('reason'), say('rule')],
    alerts.flatMap((alert) =>
      alert.reasons.map(({ code, detail, rule }) => [
        alert.id,
        time(alert.at),
        actionOf(alert, say),
        say('given', { code, detail }),
        rule,
      ]),
    ),
  )
}

function renderMessage(message: MessageEntry, time: Time, say: Say): string[] {
  const { registry, verdict, versions } = message
  return [
    facts(say, [
      ['id', message.id],
      ['sentAt', time(message.at)],
      ['fit', fitOf(message.fit, say)],
      ['port', message.from],
      ['signature', message.signature],
      [
        'sp',
        message.sp === undefined
          ? undefined
          : message.spBy === 'record'
            ? message.sp
            : say('noted', { what: message.sp, note: say('registry') }),
      ],
      ['carrier', message.carrier],
      ['province', message.province],
      ['template', message.template],
      ['submission', message.submission],
      ['recipient', message.to],
      ['token', message.toToken],
      ['disposition', say(message.disposition)],
      ['record', message.records.map((r) => `${r.topic}/${r.partition}/${r.offset}`).join(', ')],
    ]),
    fence(message.text),
    ...(registry ? [`#### ${say('registry')}`, ...renderRegistry(registry, time, say)] : []),
    `#### ${say('consent')}`,
    ...renderConsent(message.consent, time, say),
    `#### ${say('decided')}`,
    facts(say, [
      ['verdict', verdict && verdictText(verdict, say)],
      ['versions', versions && versionsText(versions, say)],
    ]),
    ...(message.alerts.length === 0 ? [] : [alertTable(message.alerts, time, say)]),
    ...message.states.map((story) => renderState(story, time, say)),
  ].filter((block) => block !== '')
}

function renderRegistry(registry: RegistryEntry, time: Time, say: Say): string[] {
  const { signature, port, filings, hash } = registry
  return [
    facts(say, [
      ['registryVersion', hash],
      ['signature', signature?.name],
      ['brand', signature?.brand],
      [
        'consentRule',
        signature && say(signature.consent === 'required' ? 'requiredConsent' : 'unlessRefused'),
      ],
      ['port', port && say.list([port.port, ...(port.sp === undefined ? [] : [port.sp])])],
    ]),
    ...(filings.length === 0
      ? []
      : [
          table(
            (['sp', 'carrier', 'ports', 'scope', 'status', 'period', 'covers', 'inForce'] as const).map((w) =>
              say(w),
            ),
            filings.map((f) => [
              f.sp,
              f.carrier,
              say.list(f.ports),
              f.scope ? say.list(f.scope.map((label) => say.term('label', label))) : say('unlimited'),
              say.term('status', f.status),
              `${f.from ? time(f.from) : ''} – ${f.to ? time(f.to) : ''}`,
              say(f.coversPort ? 'yes' : 'no'),
              say(f.inForce ? 'yes' : 'no'),
            ]),
          ),
        ]),
  ]
}

const STANDING = {
  in: 'consentIn',
  out: 'consentOut',
  default: 'consentDefault',
  none: 'consentNone',
} as const satisfies Record<ConsentEntry['standing'], Word>

function renderConsent(consent: ConsentEntry, time: Time, say: Say): string[] {
  const rows = [
    ...consent.changes.map((change): { at: string; cells: Cell[] } => {
      const what =
        change.state === 'out' ? 'refused' : change.proof === 'default' ? 'gaveDefault' : 'gaveConsent'
      const told = change.after ? say('noted', { what: say(what), note: say('laterNote') }) : say(what)
      return { at: change.at, cells: [told, change.proof, change.source] }
    }),
    ...consent.replies.map(({ at, text, refuses }) => {
      return { at, cells: [say(refuses ? 'repliedRefusing' : 'replied', { text }), undefined, undefined] }
    }),
  ].sort((a, b) => (a.at < b.at ? -1 : 1))
  return [
    say('atTheTime', { standing: say(STANDING[consent.standing]) }),
    ...(rows.length === 0
      ? []
      : [
          table(
            [say('when'), say('what'), say('proof'), say('source')],
            rows.map(({ at, cells }) => [time(at), ...cells]),
          ),
        ]),
  ]
}

const BECAUSE = { shown: 'stateShown', verdict: 'stateVerdict', match: 'stateMatch' } as const

function renderState({ state, because, events }: StateStory, time: Time, say: Say): string {
  const [first] = events
  if (!first) return ''
  const { kind, id } = first.target
  const told = say('stateTold', {
    target: say('target', { kind: say.term('target', kind), id }),
    because: say(BECAUSE[because]),
    detail: first.detail,
  })
  return [
    `**${first.code}** ${inline(told)}`,
    table(
      [say('when'), say('what'), say('action'), say('alert')],
      events.map((event) => [time(event.time), eventText(event, say), actionOf(event, say), event.id]),
    ),
    say('stateId', { state }),
  ].join('\n\n')
}

function eventText({ type, cause }: StateEvent, say: Say): string {
  const what = say.term('event', type.slice(EVENT))
  return cause ? say('noted', { what, note: say.term('cause', cause) }) : what
}

function verdictText(verdict: NonNullable<MessageEntry['verdict']>, say: Say): string {
  const { label, score, reasons } = verdict
  const slots = {
    action: say.term('action', verdict.action),
    label: say.term('label', label),
    score,
    codes: say.list(reasons),
  }
  return say(reasons.length === 0 ? 'judgedAs' : 'judgedFor', slots)
}

function versionsText(versions: Versions & { readonly by?: string }, say: Say): string {
  const { model, policy, registry, rules, by } = versions
  const shipped = say('versionsOf', { model, policy, registry })
  const text = rules === undefined ? shipped : say('versionsWithRules', { versions: shipped, rules })
  return by === 'around' ? say('versionsAround', { versions: text }) : text
}

function fitOf({ id, recipient, port, signature, similarity }: Fit, say: Say): string {
  if (id) return say('fitId')
  return say.list([
    say(recipient === 'number' ? 'fitNumber' : recipient === 'token' ? 'fitToken' : 'fitUnknown'),
    ...(port ? [say(port === 'exact' ? 'fitExact' : 'fitPrefix')] : []),
    ...(signature ? [say('fitSignature')] : []),
    ...(similarity === undefined ? [] : [say('fitText', { percent: Math.round(similarity * 100) })]),
  ])
}
