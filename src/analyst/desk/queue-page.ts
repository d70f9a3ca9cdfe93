import { codeText } from '../../detection/detectors/evidence-words.ts'
import type { BatchOutcome } from '../archive/case-outcomes.ts'
import type { LastFinding, QueuedCase, QueueView } from '../archive/case-queue.ts'
import { QUEUE_PAGE, QUEUE_VIEWS } from '../archive/case-queue.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Html, html } from '../words/html.ts'
import { page } from './layout.ts'
import { caseAt, placeFields, type QueuePlace } from './queue-place.ts'
import { refusalIn } from './refusal-words.ts'
import { may, type Session } from './sessions.ts'
import { beijing, codeNames, THING_KINDS, thingLink, thingPath } from './tables.ts'
import type { Speech, Word } from './words.ts'

export const VIEW_WORDS = {
  open: 'open',
  mine: 'mine',
  due: 'dueCases',
  waiting: 'waitingCases',
  done: 'done',
} as const
const GROUP_WORDS: Readonly<Record<string, Word>> = {
  ...{ campaign: 'byCampaign', domain: 'ofDomain', template: 'ofTemplate', brand: 'ofBrand' },
  ...{ code: 'ofCode', sender: 'ofSender', signature: 'signature', port: 'port' },
}
export function queueTitle(
  { grouped_by, name }: Pick<QueuedCase, 'grouped_by' | 'name'>,
  { say, term, brand, locale }: Speech,
): string {
  const word = GROUP_WORDS[grouped_by]
  if (grouped_by === 'template') return say('ofTemplate')
  const [code, label] = grouped_by === 'code' ? name.split(' ') : []
  const own = grouped_by === 'brand' ? brand(name) : withoutMobiles(name)
  const shown = label ? `${codeText(code ?? '', locale)}, ${term('label', label)}` : own
  return `${word ? say(word) : term('target', grouped_by)} ${shown}`
}

/** The page of the thing that a case is grouped by. */
export function aboutIt({ grouped_by, name }: QueuedCase, { say, brand }: Speech): Html | false {
  const kind = THING_KINDS.find((one) => one === grouped_by)
  if (!kind || thingPath(kind, name) === undefined) return false
  return html` · ${thingLink(kind, name, say('itsPage', { name: kind === 'brand' ? brand(name) : name }))}`
}

interface QueueShown {
  readonly view: QueueView
  readonly skip: number
  readonly cases: readonly QueuedCase[]
  /** The action just performed. */
  readonly said?: string | undefined
  /** The last finding that the user can undo. */
  readonly last?: LastFinding | undefined
  /** Outcomes of the findings on the cases. */
  readonly outcomes: readonly BatchOutcome[]
  /** Time of the newest data if the archive is behind, epoch ms. */
  readonly behind?: number | undefined
}

/** The cases of a view, with keyboard shortcuts. */
export function queuePage(session: Session, speech: Speech, shown: QueueShown): Html {
  const { say } = speech
  const { view, skip, cases, said, behind } = shown
  const n = cases[0]?.total ?? 0
  const tabs = QUEUE_VIEWS.map(
    (one) =>
      html`<a href="/queue?view=${one}"${one === view && html` aria-current="page"`}>${say(VIEW_WORDS[one])}</a>`,
  )
  return page(
    say('queue'),
    session,
    speech,
    html`<h1>${say('queue')}</h1><nav class="tabs" aria-label="${say('queue')}">${tabs}</nav>
${saidSection(said)}${behind !== undefined && html`<p class="block">${say('archiveAt', { at: beijing(behind) })}</p>`}
<div class="bar"><span class="dim" data-live="count">${n === 1 ? say('casesOne') : say('casesMany', { n })}</span><a href="/queue?view=${view}">${say('renew')}</a>${may(session, 'judge') && undoForm(session, speech, shown)}
<a href="/queue?view=${view}&amp;csv=all">${say('listCsv')}</a><details id="keys"><summary>${say('keys')}</summary><p>${keysOf(session, speech, view)}</p></details></div>
${cases.length === 0 ? html`<section><p class="dim">${say('nothingOpen')}</p></section>` : cases.map((one, i) => queueItem(one, session, speech, { ...shown, follows: (cases[i + 1] ?? cases[i - 1])?.id }))}
${n > skip + QUEUE_PAGE && html`<p><a href="/queue?view=${view}&amp;skip=${skip + QUEUE_PAGE}">${say('nextPage')}</a></p>`}`,
    { hasKeys: true },
  )
}

/** The keys that the user may use in a view. */
function keysOf(session: Session, { say }: Speech, view: QueueView): string {
  const mayJudge = may(session, 'judge')
  const words = [
    ...(['keysMove'] as const),
    ...(mayJudge && view !== 'done' ? (['keysJudge'] as const) : []),
    ...(mayJudge ? (['keyUndo'] as const) : []),
    ...(['keyHelp'] as const),
  ]
  return words.map((word) => say(word)).join(' · ')
}

/** A message about the action just performed, during which shortcut keys that submit are disabled for a moment. */
export function saidSection(said: string | undefined): Html | false {
  return said !== undefined && html`<section class="given" role="status" data-done>${said}</section>`
}

function undoForm(session: Session, { say, ...speech }: Speech, { view, skip, last }: QueueShown): Html {
  const name = last && queueTitle(last, { say, ...speech })
  return html`<form method="post" action="/queue/undo">${keyField(session)}${placeInputs({ view, skip })}${last && html`<input type="hidden" name="batch" value="${last.batch}">`}<button class="small" data-key="u"${name && html` title="${name}"`}>${say('undoLast')}</button></form>`
}

export function keyField({ formKey }: Session): Html {
  return html`<input type="hidden" name="key" value="${formKey}">`
}

export function placeInputs(place: QueuePlace): Html {
  const fields = Object.entries(placeFields(place))
  return html`${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`
}

/** Hidden fields with the alerts that are shown, to which a judgement applies, and the text shown while it is written. */
export function judgedInputs({ last_at, subjects }: QueuedCase, { say }: Speech): Html {
  return html`<input type="hidden" name="act" value="judge"><input type="hidden" name="seen" value="${last_at.getTime()} ${subjects}"><span class="dim" role="status" data-writing hidden>${say('writing', { n: subjects })}</span>`
}

const FINDING_WORDS: Readonly<Record<string, Word>> = {
  ...{ confirmed: 'confirmed', false_positive: 'isFalsePositive', unblocked: 'isUnblocked' },
}

export function findingOf(finding: string, { say, value }: Speech): string {
  const word = FINDING_WORDS[finding]
  return word ? say(word) : value(finding)
}

export function factsOf(one: QueuedCase, { say }: Speech): Html {
  const { alerts, subjects, recipients, has_masks, worth, certainty, harm } = one
  const senders = has_masks ? say('atLeast', { n: one.senders }) : one.senders
  const why = say('worthIs', { recipients: Math.max(1, recipients), certainty: certainty.toFixed(2), harm })
  const n = { alerts, subjects, recipients, senders }
  return html`<span title="${why}"><strong>${say('worth', { n: Math.round(worth) })}</strong></span> <span>${say(alerts === subjects ? 'alertsOf' : 'alertsOn', n)}</span>`
}

/** Outcomes that are marked: all except applied and pending. */
const MARKED: readonly string[] = ['refused', 'undone', 'undoing', 'unsent']

function marksOf({ batch }: QueuedCase, outcomes: readonly BatchOutcome[], { say, locale }: Speech): Html {
  const own = outcomes.filter((one) => one.batch === batch && MARKED.includes(one.standing))
  return html`${own.map(({ standing, count, why }) => html` <span class="tag ${standing}">${say(`${standing}Feedback`)} ${count}</span>${why !== null && html` <span class="block">${refusalIn(locale, why)}</span>`}`)}`
}

export function dueTag({ due_at, is_overdue }: QueuedCase, { say }: Speech): Html | false {
  if (due_at === null) return false
  const at = beijing(due_at).slice(0, 16)
  return html` <span class="tag${is_overdue && ' block'}">${say(is_overdue ? 'overdueSince' : 'dueAt', { at })}</span>`
}

function queueItem(
  one: QueuedCase,
  session: Session,
  speech: Speech,
  { view, skip, follows, outcomes }: QueuePlace & Pick<QueueShown, 'outcomes'>,
): Html {
  const { say } = speech
  const { subjects, text, codes, owner, standing, finding, done_by } = one
  const place = { view, skip, follows }
  const at = (fields: Readonly<Record<string, string>>) =>
    caseAt(one.id, { ...fields, ...placeFields(place) })
  return html`<section class="case" id="${one.id}" data-case tabindex="-1"><h2><a href="${at({})}" data-key="o">${queueTitle(one, speech)}</a>${standing === 'stranger' && html` <span class="tag">${say('stranger')}</span>`}${dueTag(one, speech)}</h2>
<p>${factsOf(one, speech)}${owner !== null && html` · ${say('ownedBy', { who: owner })}`}${finding !== null && html` · ${say(view === 'done' ? 'doneBy' : 'doneBefore', { what: findingOf(finding, speech), by: done_by ?? '–' })}${view === 'done' && one.since > 0 && html` · <strong>${say('cameSince', { n: one.since })}</strong>`}${marksOf(one, outcomes, speech)}`}</p>
<blockquote class="message" tabindex="0">${text ?? '–'}</blockquote><p class="codes">${codeNames(codes ?? [], speech)}${aboutIt(one, speech)}</p>
${
  may(session, 'judge') &&
  view !== 'done' &&
  html`<div class="buttons"><form method="post" action="${caseAt(one.id)}">${keyField(session)}${placeInputs(place)}${judgedInputs(one, speech)}<button name="verdict" value="confirmed" data-key="c">${say('confirmAll', { n: subjects })}</button></form>
<a class="button" href="${at({ judge: 'false_positive' })}" data-key="f">${say('judgeFalse')}</a>
<form method="post" action="${caseAt(one.id)}">${keyField(session)}${placeInputs(place)}${takeButton(one, session, speech)}</form></div>`
}</section>`
}

/** Takes a case; that of a colleague after a question. */
export function takeButton({ owner }: QueuedCase, { name }: Session, { say }: Speech): Html | false {
  if (owner === name) return false
  const word = owner === null ? 'takeIt' : 'takeFrom'
  return html`<button name="act" value="take" data-key="a">${say(word)}</button>`
}
