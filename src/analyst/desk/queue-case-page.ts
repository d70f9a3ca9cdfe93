import type { MergedCase } from '../archive/case-merge.ts'
import type { BatchOutcome } from '../archive/case-outcomes.ts'
import type { CaseEvent, CaseSender, QueuedCase } from '../archive/case-queue.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { type Html, html } from '../words/html.ts'
import { labelField, untilFields } from './feedback-section.ts'
import type { KeptTexts } from './kept-forms.ts'
import { page } from './layout.ts'
import {
  aboutIt,
  dueTag,
  factsOf,
  findingOf,
  judgedInputs,
  keyField,
  placeInputs,
  queueTitle,
  saidSection,
  takeButton,
} from './queue-page.ts'
import { caseAt, listAt, type QueuePlace } from './queue-place.ts'
import { refusalIn } from './refusal-words.ts'
import { may, mayUndo, type Session } from './sessions.ts'
import { beijing, caseLink, codeNames, table, thingLink } from './tables.ts'
import type { Speech, Word } from './words.ts'

const EVENT_WORDS: Readonly<Record<string, Word>> = {
  ...{ took: 'took', tookOver: 'tookOver', gave: 'gave', commented: 'commented' },
  ...{ waits: 'waits', opened: 'opened' },
  ...{
    judged: 'judgedCase',
    undid: 'undid',
    unblocked: 'isUnblocked',
    undidOne: 'undidOne',
    split: 'split',
    due: 'setDueTo',
    merged: 'mergedHere',
    unmerged: 'takenOut',
  },
}
/** `<signature>@<port>` with both parts linked to their pages. */
function senderLinks(sender: string): Html {
  const at = sender.lastIndexOf('@')
  return html`${thingLink('signature', sender.slice(0, at))}@${thingLink('port', sender.slice(at + 1))}`
}

export interface CaseShown {
  readonly found: QueuedCase
  /** Cases merged into it, and cases that could be. */
  readonly merged: readonly MergedCase[]
  readonly others: readonly QueuedCase[]
  readonly senders: readonly CaseSender[]
  readonly events: readonly CaseEvent[]
  readonly outcomes: readonly BatchOutcome[]
  readonly judge: string | null
  /** Whether the user asked for a case that is a colleague's. */
  readonly isAskedFor: boolean
  /** The case for which a merge has to be confirmed. */
  readonly merge?: string | null
  readonly place: QueuePlace
  readonly said?: string | undefined
  readonly kept?: KeptTexts | undefined
}

/** A case: senders and texts, effects of a judgement, comments and history. */
export function queuedCasePage(session: Session, speech: Speech, shown: CaseShown): Html {
  const { say, locale } = speech
  const { found, outcomes, said } = shown
  const { text, codes, owner, finding, done_by, done_at, first_at, last_at } = found
  const title = queueTitle(found, speech)
  const answers = outcomes.map(
    ({ standing, count, why }) =>
      `${say(`${standing}Feedback`)} ${count}${why ? ` (${refusalIn(locale, why)})` : ''}`,
  )
  return page(
    title,
    session,
    speech,
    html`<h1>${title}${dueTag(found, speech)}</h1>${saidSection(said)}${takeOverSection(shown, session, speech)}
<section><p>${factsOf(found, speech)}</p><blockquote class="message">${text ?? '–'}</blockquote><p class="codes">${codeNames(codes ?? [], speech)}${aboutIt(found, speech)}</p>
<p>${say('span', { from: beijing(first_at), to: beijing(last_at) })}${owner !== null && html` · ${say('ownedBy', { who: owner })}`}${
      finding !== null &&
      html` · ${say(found.isOpen ? 'doneBefore' : 'doneBy', { what: findingOf(finding, speech), by: done_by ?? '–' })}${done_at !== null && ` ${beijing(done_at)}`}`
    }</p>${answers.length > 0 && html`<p>${say('resultOf', { what: answers.join(', ') })}</p>`}<p>${caseLink(found.alert_id, say('newestAlert'))}</p></section>
${may(session, 'judge') && (found.isOpen ? judgeSection : doneSection)(shown, session, speech)}
${sendersSection(shown, session, speech)}${arrangeSection(shown, session, speech)}${historySection(shown, session, speech)}`,
    { hasKeys: true },
  )
}

/** Says whose case it is, and takes it over in a second step. */
function takeOverSection(
  { found: { id, owner }, place, isAskedFor }: CaseShown,
  session: Session,
  { say }: Speech,
): Html | false {
  if (!isAskedFor || owner === null || owner === session.name || !may(session, 'judge')) return false
  return html`<section class="earlier" role="alert" data-done><p>${say('isOfColleague', { who: owner })}</p><form method="post" action="${caseAt(id)}" class="buttons">${keyField(session)}${placeInputs(place)}<input type="hidden" name="owner" value="${owner}"><button name="act" value="take" data-key="a">${say('takeOver', { who: owner })}</button><a class="button" href="${listAt({ ...place, follows: id })}">${say('queue')}</a></form></section>`
}

/** Actions on a case without alerts that need a finding. */
function doneSection({ found }: CaseShown, session: Session, speech: Speech): Html | false {
  const { say } = speech
  const { finding, done_by, id, batch } = found
  if (finding === null || done_by === null) return false
  const by = done_by
  return html`<section><h2>${say('doneBy', { what: findingOf(finding, speech), by })}</h2>${
    found.since > 0 &&
    html`<p>${say('cameSince', { n: found.since })}</p><form method="post" action="${caseAt(id)}" class="buttons">${keyField(session)}<button name="act" value="since">${say('judgeSince')}</button></form>`
  }${
    batch !== null &&
    (mayUndo(session, { by })
      ? html`<form method="post" action="${caseAt(id)}" class="buttons">${keyField(session)}<button name="act" value="undo" data-key="u">${say('undoThis')}</button></form>`
      : html`<p class="dim">${say('mayNotUndo')}</p>`)
  }</section>`
}

function judgeSection(
  { found, senders, judge, place, kept }: CaseShown,
  session: Session,
  speech: Speech,
): Html {
  const { say } = speech
  const isFalse = judge === 'false_positive'
  const target = found.grouped_by === 'domain' ? `domain:${found.name}` : undefined
  const { subjects: n, states } = found
  const messages = n - states
  return html`<section><h2>${say('judgeAll', { n })}</h2><form class="fields" method="post" action="${caseAt(found.id)}">${keyField(session)}${placeInputs(place)}${judgedInputs(found, speech)}
<p>${say('previewConfirmed', { messages, states })}</p><p>${say('previewFalse', { messages, states, senders: senders.length })}</p>
<label>${say('note')}<textarea name="note" rows="2" maxlength="2000">${kept?.note}</textarea></label><div class="pair">${labelField(speech)}${untilFields(speech)}</div>
${target !== undefined && may(session, 'block') && html`<label class="check"><input type="checkbox" name="target" value="${target}"> ${say('alsoBlock', { target: found.name })}</label>`}
<div class="buttons"><button name="verdict" value="confirmed" data-key="c"${!isFalse && judge !== null && html` autofocus`}>${say('confirmAll', { n })}</button><button name="verdict" value="false_positive" data-key="f"${isFalse && html` autofocus`}>${say('falsePositive')}</button></div></form>
<form method="post" action="${caseAt(found.id)}" class="buttons">${keyField(session)}${placeInputs(place)}${takeButton(found, session, speech)}${found.owner === session.name && html`<button name="act" value="give">${say('giveBack')}</button>`}${
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
  const list = table(say('sendersOf'), headings, rows, mayJudge ? 1 : 0)
  return html`<section><h2>${say('sendersOf')}</h2>${
    mayJudge
      ? html`<form method="post" action="${caseAt(found.id)}">${keyField(session)}${list}<div class="buttons"><button name="act" value="split">${say('splitOff')}</button></div></form>`
      : list
  }</section>`
}

function historySection({ found, events, kept }: CaseShown, session: Session, speech: Speech): Html {
  const { say } = speech
  return html`<section><h2>${say('history')}</h2>${
    may(session, 'judge') &&
    html`<form class="fields" method="post" action="${caseAt(found.id)}">${keyField(session)}<label>${say('comment')}<textarea name="comment" rows="2" maxlength="2000" required>${kept?.comment}</textarea></label><div><button name="act" value="comment">${say('commentIt')}</button></div></form>`
  }<dl>${events.map(({ at, who, what, text }) => {
    const word = EVENT_WORDS[what]
    return html`<dt>${beijing(at)}</dt><dd>${who}: ${word ? say(word) : what}${text !== '' && html` — ${what === 'judged' ? findingOf(text, speech) : what === 'merged' ? mergedOf(text, speech) : text}`}</dd>`
  })}</dl></section>`
}

/** The case that a text of the history names, `<grouped by>: <name>`. */
function mergedOf(text: string, speech: Speech): string {
  const [, grouped_by, name] = /^(\w+): ([\s\S]*)$/.exec(text) ?? []
  return grouped_by === undefined || name === undefined ? text : queueTitle({ grouped_by, name }, speech)
}

/** Due time and merged cases. */
function arrangeSection(
  { found, merged, others, merge }: CaseShown,
  session: Session,
  speech: Speech,
): Html | false {
  const { say } = speech
  const mayJudge = may(session, 'judge')
  if (!mayJudge && merged.length === 0) return false
  const form = (body: Html) =>
    html`<form class="times" method="post" action="${caseAt(found.id)}">${keyField(session)}${body}</form>`
  const due = found.due_at === null ? '' : beijing(found.due_at).slice(0, 16).replace(' ', 'T')
  const asked = others.find(({ id }) => id === merge && id !== found.id)
  const options = others
    .filter(({ id }) => id !== found.id)
    .map((one) => html`<option value="${one.id}">${queueTitle(one, speech)} (${one.alerts})</option>`)
  return html`<section><h2>${say('arrange')}</h2>${
    mayJudge &&
    asked &&
    form(
      html`<p role="alert"><strong>${say('mergeSure', { name: queueTitle(asked, speech), n: asked.alerts })}</strong></p><input type="hidden" name="other" value="${asked.id}"><input type="hidden" name="sure" value="1"><button name="act" value="merge">${say('mergeIt')}</button>`,
    )
  }${
    mayJudge &&
    html`${form(html`<label>${say('dueUntil')}<input type="datetime-local" name="due" value="${due}"></label><button name="act" value="due">${say('setDue')}</button>`)}
${options.length > 0 && form(html`<label>${say('otherCase')}<select name="other" required><option value="">${say('pickCase')}</option>${options}</select></label><button name="act" value="merge">${say('mergeIt')}</button>`)}`
  }${merged.map(
    (one) =>
      html`<p>${say('mergedOf', { name: queueTitle(one, speech) })}</p>${mayJudge && form(html`<input type="hidden" name="other" value="${one.id}"><button class="small" name="act" value="unmerge">${say('takeOut')}</button>`)}`,
  )}</section>`
}
