import { codeNamed } from '../../detection/detectors/all.ts'
import { codeText } from '../../detection/detectors/evidence-words.ts'
import { clockTime } from '../../domain/time.ts'
import type { FoundAlert } from '../archive/case.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { Html, html, type Table } from '../words/html.ts'
import type { Speech, Word } from './words.ts'

/** Beijing time to the second. */
export function beijing(time: Date | number): string {
  return clockTime(Number(time))
}

export function caseLink(id: string, text: string): Html {
  return html`<a href="/case/${encodeURIComponent(id)}">${text}</a>`
}

/** A number with thousands separators, the same in both languages. */
export function count(n: number): string {
  return n.toLocaleString('en')
}

/** Kinds of things with a page under their name. */
export const THING_KINDS = ['brand', 'signature', 'port', 'domain', 'enterprise', 'campaign'] as const
export type ThingKind = (typeof THING_KINDS)[number]

/** The path of a thing's page; undefined if its name is masked or a personal number, which must not be part of an address. */
export function thingPath(kind: ThingKind, name: string): string | undefined {
  return name === '' || name.includes('*') || withoutMobiles(name) !== name
    ? undefined
    : `/${kind}/${encodeURIComponent(name)}`
}

/** A name, linked to its page if it has one. */
export function thingLink(
  kind: ThingKind,
  name: string | null | undefined,
  text: string = name ?? '–',
): Html {
  const path = name ? thingPath(kind, name) : undefined
  return path === undefined ? html`${withoutMobiles(text)}` : html`<a href="${path}">${text}</a>`
}

const RATE = /^\d+\.\d+%?$/

/**
 * A keyboard-scrollable table, on phones a list of its rows. Cells are HTML, text or numbers; columns of numbers and rates are
 * right-aligned. The first `controls` columns are for forms, and no part of an export.
 */
export function table(name: string, headings: Table['headings'], rows: Table['rows'], controls = 0): Html {
  const isCount = (column: number) =>
    rows.some(
      ({ [column]: cell }) => typeof cell === 'number' || (typeof cell === 'string' && RATE.test(cell)),
    )
  const side = headings.map((_, column) => isCount(column) && html` class="n"`)
  const head = headings.map((heading, i) => html`<th scope="col"${side[i]}>${heading}</th>`)
  const shown = (cell: Html | string | number) => (typeof cell === 'number' ? count(cell) : cell)
  const body = rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, i) => html`<td${side[i]} data-heading="${headings[i]}">${shown(cell)}</td>`)}</tr>`,
  )
  const { text } =
    html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
  return new Html(text, [
    { headings: headings.slice(controls), rows: rows.map((cells) => cells.slice(controls)) },
  ])
}

/** A code in the language of the desk with its English name; unknown codes, from a later version, are shown as they are. */
export function codeName(code: string, { locale }: Pick<Speech, 'locale'>): Html {
  const known = codeNamed(code)
  if (!known) return html`${code}`
  return locale === 'en'
    ? html`<abbr title="${known.summary}">${code}</abbr>`
    : html`<abbr title="${code}">${codeText(code, locale)}</abbr>`
}

export function codeTexts(codes: readonly string[], locale: Speech['locale']): string {
  return codes.map((code) => codeText(code, locale)).join(' ')
}

export function codeNames(codes: readonly string[], speech: Speech): Html {
  return html`${codes.map((code, i) => html`${i > 0 && ', '}${codeName(code, speech)}`)}`
}

/** A target, such as `domain:kf88.top`, in the language of the desk; a brand with its name. */
export function targetOf(
  target: string,
  { term, brand }: Pick<Speech, 'term' | 'brand'>,
  colon = ' ',
): string {
  const [, kind, id] = /^([a-z-]+):([\s\S]*)$/.exec(target) ?? []
  if (kind === undefined || id === undefined) return withoutMobiles(target)
  return `${term('target', kind)}${colon}${kind === 'brand-claim' ? brand(id) : withoutMobiles(id)}`
}

export function timeCell(time: Date | number): Html {
  return html`<span class="time">${beijing(time)}</span>`
}

export function actionTag({ term }: Speech, action: string): Html {
  return html`<span class="tag ${action}">${term('action', action)}</span>`
}

/** Columns of alert lists: heading and cell. */
const ALERT_COLUMNS: readonly (readonly [Word, (alert: FoundAlert, speech: Speech) => Html | string])[] = [
  ['time', ({ ts }) => timeCell(ts)],
  [
    'action',
    ({ action, mode }, speech) =>
      html`${actionTag(speech, action)}${
        mode === 'shadow' && html` <span class="tag shadow">${speech.say('shadow')}</span>`
      }`,
  ],
  ['codes', ({ codes }, speech) => codeNames(codes, speech)],
  [
    'case',
    ({ id, type, target_kind, target_id }, speech) =>
      html`${caseLink(id, targetOf(`${target_kind}:${target_id}`, speech))}<br><span class="dim">${speech.term('event', type)}</span>`,
  ],
  ['signature', ({ signature }) => thingLink('signature', signature)],
  ['port', ({ port }) => thingLink('port', port)],
]

/** A list of alerts, each linked to its case. */
export function alertTable(alerts: readonly FoundAlert[], name: string, speech: Speech): Html {
  return table(
    name,
    ALERT_COLUMNS.map(([word]) => speech.say(word)),
    alerts.map((one) => ALERT_COLUMNS.map(([, cell]) => cell(one, speech))),
  )
}
