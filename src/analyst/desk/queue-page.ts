import type { MergedCase } from '../archive/case-merge.ts'
import type { CaseEvent, CaseSender, QueuedCase, QueueView } from '../archive/case-queue.ts'
import { QUEUE_PAGE, QUEUE_VIEWS } from '../archive/case-queue.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Html, html } from '../words/html.ts'
import { labelField, untilFields } from './feedback-section.ts'
import { page } from './layout.ts'
import { may, type Session } from './sessions.ts'
import { beijing, caseLink, codeNames, codeText, THING_KINDS, table, thingLink, thingPath } from './tables.ts'
import type { Speech, Word } from './words.ts'

const VIEW_WORDS = {
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
const EVENT_WORDS: Readonly<Record<string, Word>> = {
  ...{ took: 'took', gave: 'gave', commented: 'commented', waits: 'waits', opened: 'opened' },
  ...{
    judged: 'judgedCase',
    undid: 'undid',
    split: 'split',
    due: 'setDueTo',
    merged: 'mergedHere',
    unmerged: 'takenOut',
  },
}
const OUTCOME_WORDS: Readonly<Record<string, Word>> = {
  ...{ applied: 'applied', refused: 'refusedRows', undone: 'undone' },
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

/** The page of what a case was grouped by. */
function aboutIt({ grouped_by, name }: QueuedCase, { say, brand }: Speech): Html | false {
  const kind = THING_KINDS.find((one) => one === grouped_by)
  if (!kind || thingPath(kind, name) === undefined) return false
  return html` · ${thingLink(kind, name, say('itsPage', { name: kind === 'brand' ? brand(name) : name }))}`
}

/** `<signature>@<port>`, each with its page. */
function senderLinks(sender: string): Html {
  const at = sender.lastIndexOf('@')
  return html`${thingLink('signature', sender.slice(0, at))}@${thingLink('port', sender.slice(at + 1))}`
}

interface QueueShown {
  readonly view: QueueView
  readonly skip: number
  readonly cases: readonly QueuedCase[]
  /** What has just been done. */
  readonly said?: string | undefined
}

/** The cases of a view, to be worked off by keys. */
export function queuePage(session: Session, speech: Speech, { view, skip, cases, said }: QueueShown): Html {
  const { say } = speech
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
${said && html`<section class="given" role="status">${said}</section>`}
<div class="bar"><span class="dim" data-live="count">${n === 1 ? say('casesOne') : say('casesMany', { n })}</span><a href="/queue?view=${view}">${say('renew')}</a>${may(session, 'judge') && undoForm(session, speech)}
<a href="/queue?view=${view}&amp;csv=all">${say('listCsv')}</a><details id="keys"><summary>${say('keys')}</summary><p>${say('keysAre')}</p></details></div>
${cases.length === 0 ? html`<section><p class="dim">${say('nothingOpen')}</p></section>` : cases.map((one) => queueItem(one, session, speech, view))}
${n > skip + QUEUE_PAGE && html`<p><a href="/queue?view=${view}&amp;skip=${skip + QUEUE_PAGE}">${say('nextPage')}</a></p>`}`,
    { hasKeys: true },
  )
}

function undoForm(session: Session, { say }: Speech): Html {
  return html`<form method="post" action="/queue/undo">${keyField(session)}<button class="small" data-key="u">${say('undoLast')}</button></form>`
}

function keyField({ formKey }: Session): Html {
  return html`<input type="hidden" name="key" value="${formKey}">`
}

/** The page of a case. */
export function pathOf(id: string): string {
  return `/queue/${encodeURIComponent(id)}`
}

function factsOf(one: QueuedCase, { say }: Speech): Html {
  const { alerts, recipients, senders, worth, certainty, harm } = one
  const why = say('worthIs', { recipients: Math.max(1, recipients), certainty: certainty.toFixed(2), harm })
  return html`<span title="${why}"><strong>${say('worth', { n: Math.round(worth) })}</strong></span> <span>${say('alertsOf', { alerts, recipients, senders })}</span>`
}

function dueTag({ due_at, is_overdue }: QueuedCase, { say }: Speech): Html | false {
  if (due_at === null) return false
  const at = beijing(due_at).slice(0, 16)
  return html` <span class="tag${is_overdue && ' block'}">${say(is_overdue ? 'overdueSince' : 'dueAt', { at })}</span>`
}

function queueItem(one: QueuedCase, session: Session, speech: Speech, view: QueueView): Html {
  const { say, value } = speech
  const { alerts, text, codes, owner, standing, finding, done_by } = one
  const mayJudge = may(session, 'judge')
  return html`<section class="case" data-case tabindex="-1"><h2><a href="${pathOf(one.id)}" data-key="o">${queueTitle(one, speech)}</a>${standing === 'stranger' && html` <span class="tag">${say('stranger')}</span>`}${dueTag(one, speech)}</h2>
<p>${factsOf(one, speech)}${owner !== null && html` · ${say('ownedBy', { who: owner })}`}${finding !== null && html` · ${say('doneBy', { what: value(finding), by: done_by ?? '–' })}`}</p>
<blockquote class="message">${text ?? '–'}</blockquote><p class="codes">${codeNames(codes ?? [], speech)}${aboutIt(one, speech)}</p>
${
  mayJudge &&
  view !== 'done' &&
  html`<div class="buttons"><form method="post" action="${pathOf(one.id)}">${keyField(session)}<input type="hidden" name="act" value="judge"><input type="hidden" name="alerts" value="${alerts}"><button name="verdict" value="confirmed" data-key="c">${say('confirmAll', { n: alerts })}</button></form>
<a class="button" href="${pathOf(one.id)}?judge=false_positive" data-key="f">${say('judgeFalse')}</a>
<form method="post" action="${pathOf(one.id)}">${keyField(session)}<button name="act" value="take" data-key="a">${say('takeIt')}</button></form></div>`
}</section>`
}

export interface CaseShown {
  readonly found: QueuedCase
  /** Cases that were merged into it, and those that may be. */
  readonly merged: readonly MergedCase[]
  readonly others: readonly QueuedCase[]
  readonly senders: readonly CaseSender[]
  readonly events: readonly CaseEvent[]
  readonly outcomes: readonly {
    readonly outcome: string
    readonly count: number
    readonly why: string | null
  }[]
  readonly messages: number
  readonly states: number
  readonly judge: string | null
  readonly said?: string | undefined
}

/** One case: who sent what, what a judgement does, comments and history. */
export function queuedCasePage(session: Session, speech: Speech, shown: CaseShown): Html {
  const { say, value } = speech
  const { found, outcomes, said } = shown
  const { text, codes, owner, finding, done_by, done_at, first_at, last_at } = found
  const title = queueTitle(found, speech)
  const answers = outcomes.map(({ outcome, count, why }) => {
    const word = OUTCOME_WORDS[outcome]
    return `${word ? say(word) : outcome} ${count}${why ? ` (${why})` : ''}`
  })
  return page(
    title,
    session,
    speech,
    html`<h1>${title}${dueTag(found, speech)}</h1>${said && html`<section class="given" role="status">${said}</section>`}
<section><p>${factsOf(found, speech)}</p><blockquote class="message">${text ?? '–'}</blockquote><p class="codes">${codeNames(codes ?? [], speech)}${aboutIt(found, speech)}</p>
<p>${say('span', { from: beijing(first_at), to: beijing(last_at) })}${owner !== null && html` · ${say('ownedBy', { who: owner })}`}${
      finding !== null &&
      html` · ${say('doneBy', { what: value(finding), by: done_by ?? '–' })}${done_at !== null && ` ${beijing(done_at)}`}`
    }</p>${answers.length > 0 && html`<p>${say('resultOf', { what: answers.join(', ') })}</p>`}<p>${caseLink(found.alert_id, say('newestAlert'))}</p></section>
${may(session, 'judge') && judgeSection(shown, session, speech)}
${sendersSection(shown, session, speech)}${arrangeSection(shown, session, speech)}${historySection(shown, session, speech)}`,
    { hasKeys: true },
  )
}

function judgeSection(
  { found, messages, states, senders, judge }: CaseShown,
  session: Session,
  speech: Speech,
): Html {
  const { say } = speech
  const isFalse = judge === 'false_positive'
  const target = found.grouped_by === 'domain' ? `domain:${found.name}` : undefined
  const n = messages + states
  return html`<section><h2>${say('judgeAll', { n })}</h2><form class="fields" method="post" action="${pathOf(found.id)}">${keyField(session)}<input type="hidden" name="act" value="judge"><input type="hidden" name="alerts" value="${found.alerts}">
<p>${say('previewConfirmed', { messages, states })}</p><p>${say('previewFalse', { messages, states, senders: senders.length })}</p>
<label>${say('note')}<textarea name="note" rows="2" maxlength="2000"></textarea></label><div class="pair">${labelField(speech)}${untilFields(speech)}</div>
${target !== undefined && may(session, 'block') && html`<label class="check"><input type="checkbox" name="target" value="${target}"> ${say('alsoBlock', { target: found.name })}</label>`}
<div class="buttons"><button name="verdict" value="confirmed" data-key="c"${!isFalse && judge !== null && html` autofocus`}>${say('confirmAll', { n })}</button><button name="verdict" value="false_positive" data-key="f"${isFalse && html` autofocus`}>${say('falsePositive')}</button></div></form>
<form method="post" action="${pathOf(found.id)}" class="buttons">${keyField(session)}<button name="act" value="take" data-key="a">${say('takeIt')}</button>${found.owner !== null && html`<button name="act" value="give">${say('giveBack')}</button>`}${
    found.status === 'waiting'
      ? html`<button name="act" value="open">${say('setOpen')}</button>`
      : html`<button name="act" value="wait">${say('setWaiting')}</button>`
  }</form></section>`
}

function sendersSection({ found, senders }: CaseShown, session: Session, speech: Speech): Html {
  const { say } = speech
  const mayJudge = may(session, 'judge') && senders.length > 1
  const rows = senders.map(({ sender, alerts, recipients, codes, text }) => [
    ...(mayJudge
      ? [
          html`<input type="checkbox" name="sender" value="${withoutMobiles(sender)}" aria-label="${say('pick')} ${withoutMobiles(sender)}">`,
        ]
      : []),
    ...[senderLinks(sender), alerts, recipients, codes ? codeNames(codes, speech) : '–', text ?? '–'],
  ])
  const headings = [
    ...(mayJudge ? [say('pick')] : []),
    ...[say('sender'), say('alerts'), say('recipientsOf'), say('codes'), say('message')],
  ]
  const list = table(say('sendersOf'), headings, rows)
  return html`<section><h2>${say('sendersOf')}</h2>${
    mayJudge
      ? html`<form method="post" action="${pathOf(found.id)}">${keyField(session)}${list}<div class="buttons"><button name="act" value="split">${say('splitOff')}</button></div></form>`
      : list
  }</section>`
}

function historySection({ found, events }: CaseShown, session: Session, speech: Speech): Html {
  const { say, value } = speech
  return html`<section><h2>${say('history')}</h2>${
    may(session, 'judge') &&
    html`<form class="fields" method="post" action="${pathOf(found.id)}">${keyField(session)}<label>${say('comment')}<textarea name="comment" rows="2" maxlength="2000" required></textarea></label><div><button name="act" value="comment">${say('commentIt')}</button></div></form>`
  }<dl>${events.map(({ at, who, what, text }) => {
    const word = EVENT_WORDS[what]
    return html`<dt>${beijing(at)}</dt><dd>${who}: ${word ? say(word) : what}${text !== '' && html` — ${value(text)}`}</dd>`
  })}</dl></section>`
}

/** When it is due, and what is merged into it. */
function arrangeSection(
  { found, merged, others }: CaseShown,
  session: Session,
  speech: Speech,
): Html | false {
  const { say } = speech
  const mayJudge = may(session, 'judge')
  if (!mayJudge && merged.length === 0) return false
  const form = (body: Html) =>
    html`<form class="times" method="post" action="${pathOf(found.id)}">${keyField(session)}${body}</form>`
  const due = found.due_at === null ? '' : beijing(found.due_at).slice(0, 16).replace(' ', 'T')
  const options = others
    .filter(({ id }) => id !== found.id)
    .map((one) => html`<option value="${one.id}">${queueTitle(one, speech)} (${one.alerts})</option>`)
  return html`<section><h2>${say('arrange')}</h2>${
    mayJudge &&
    html`${form(html`<label>${say('dueUntil')}<input type="datetime-local" name="due" value="${due}"></label><button name="act" value="due">${say('setDue')}</button>`)}
${options.length > 0 && form(html`<label>${say('otherCase')}<select name="other">${options}</select></label><button name="act" value="merge">${say('mergeIt')}</button>`)}`
  }${merged.map(
    (one) =>
      html`<p>${say('mergedOf', { name: queueTitle(one, speech) })}</p>${mayJudge && form(html`<input type="hidden" name="other" value="${one.id}"><button class="small" name="act" value="unmerge">${say('takeOut')}</button>`)}`,
  )}</section>`
}
