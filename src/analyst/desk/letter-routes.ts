import { hashOf } from '../../domain/hash.ts'
import type { Case } from '../archive/case.ts'
import { letterBy, lettersAbout, type SentLetter, writeLetter } from '../archive/letters.ts'
import { withoutMobiles } from '../archive/mobiles.ts'
import { wholeLetter } from '../letter/head.ts'
import { type Block, letterOf } from '../letter/letter.ts'
import { letterPage } from '../letter/render.ts'
import { READERS, type Reader, sayIn } from '../letter/words.ts'
import { type Html, html } from '../words/html.ts'
import { type Answer, type Asked, toPage } from './answers.ts'
import { decoded } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { may, type Session } from './sessions.ts'
import { beijing, table, timeCell } from './tables.ts'

const LONGEST_ADDRESSEE = 200
const PLAIN = { letterhead: [], fileNumber: 'SW-{year}-{n}', contact: null }
export const READER_WORDS = {
  sender: 'toSender',
  regulator: 'toRegulator',
  subscriber: 'toSubscriber',
} as const

/** Letters on a case: each is written once under a file number and then shown unchanged. */
export class LetterRoutes {
  readonly #parts: RouteParts

  constructor(parts: RouteParts) {
    this.#parts = parts
  }

  /** Rejects with the errors of the archive. */
  async page(asked: Asked, isPost: boolean): Promise<Answer> {
    const { path } = asked
    const [, name = '', format = ''] = /^\/letter\/([^/]+?)(?:\.(html|pdf))?$/.exec(path) ?? []
    const id = decoded(name)
    if (!id) return this.#parts.refuse(asked, 404, 'noPage')
    if (isPost) return this.#write(asked, id)
    return this.#show(asked, id, format)
  }

  /** The whole case as PDF, with the view of the regulator. */
  async print(asked: Asked): Promise<Answer> {
    const { archive, answers } = this.#parts.options
    const id = decoded(asked.path.slice('/print/'.length))
    const found = id === undefined ? undefined : await archive.case(id, answers)
    if (!found) return this.#parts.refuse(asked, 404, 'notFound')
    await archive.note(asked.session, 'case', found.alert.id)
    return this.#pdf(asked, this.#blocks(found, 'regulator'), 'case')
  }

  #blocks(found: Case, reader: Reader): Block[] {
    const { locale, term, describe, brand } = this.#parts.speech
    return letterOf(found, { reader, locale, term, describe, brand, say: sayIn(locale) })
  }

  async #write(asked: Asked, id: string): Promise<Answer> {
    const { form, session, now } = asked
    const { archive, answers, letters = PLAIN } = this.#parts.options
    const reader = READERS.find((one) => one === form.get('reader'))
    const addressee = form.get('addressee')?.replaceAll('\u0000', '').trim() ?? ''
    const found = await archive.case(id, answers)
    if (!found) return this.#parts.refuse(asked, 404, 'notFound')
    const { kind } = found.alert.data.target
    if (!reader || addressee === '' || addressee.length > LONGEST_ADDRESSEE)
      return this.#parts.refuse(asked, 400, 'incomplete')
    if (withoutMobiles(addressee) !== addressee) return this.#parts.refuse(asked, 400, 'addresseeNumber')
    if (reader === 'subscriber' && kind !== 'message' && kind !== 'recipient')
      return this.#parts.refuse(asked, 400, 'noSubscriber')
    const date = beijing(now).slice(0, 10)
    const [year] = date.split('-') as [string]
    const after = form.get('after') ?? String((await lettersAbout(archive.ask, found.alert.id)).length)
    const once = hashOf(found.alert.id, reader, addressee, after)
    const say = sayIn(this.#parts.speech.locale)
    const { letterhead, contact } = letters
    const surround = { letterhead, fileNumber: once, date, addressee, contact }
    const content = wholeLetter(this.#blocks(found, reader), surround, say)
    await writeLetter(archive.change, {
      ...{ form: once, who: session.name, reader, addressee, alert_id: found.alert.id, content },
      year: letters.fileNumber.includes('{year}') ? Number(year) : 0,
      fileNumber: letters.fileNumber.replace('{year}', year),
    })
    await archive.note(session, 'letter', `${found.alert.id}: ${reader}`)
    return toPage(`/case/${encodeURIComponent(found.alert.id)}?letter`)
  }

  async #show(asked: Asked, fileNumber: string, format: string): Promise<Answer> {
    const { archive } = this.#parts.options
    const found = await letterBy<Block[]>(archive.ask, fileNumber)
    if (!found?.content) return this.#parts.refuse(asked, 404, 'noLetter')
    await archive.note(asked.session, 'letter', found.alert_id ?? '')
    if (format === 'pdf') return this.#pdf(asked, found.content, fileNumber)
    const { locale } = this.#parts.speech
    const headers = { 'content-disposition': `attachment; filename="${fileName(fileNumber)}.html"` }
    return { status: 200, body: letterPage(found.content, locale), headers }
  }

  async #pdf(asked: Asked, blocks: readonly Block[], name: string): Promise<Answer> {
    const { options, speech } = this.#parts
    const bytes = await options.printPdf?.(letterPage(blocks, speech.locale))
    if (!bytes) return this.#parts.refuse(asked, 501, 'noPrinter')
    const headers = { 'content-disposition': `attachment; filename="${fileName(name)}.pdf"` }
    return { status: 200, type: 'application/pdf', body: bytes, headers }
  }
}

/** A file number made safe for a file name. */
function fileName(text: string): string {
  return text.replace(/[^\w.-]/g, '_')
}

/** The letters sent about an alert and, for users who may judge, the form for another one. */
export async function lettersSection(
  found: Case,
  session: Session,
  { options, speech }: RouteParts,
): Promise<Html> {
  const { say } = speech
  const { alert } = found
  const sent = await lettersAbout(options.archive.ask, alert.id)
  const { kind } = alert.data.target
  const readers = READERS.filter((one) => one !== 'subscriber' || kind === 'message' || kind === 'recipient')
  const rows = sent.map((one: Omit<SentLetter<never>, 'content'>) => [
    timeCell(one.at),
    html`<a href="/letter/${encodeURIComponent(one.file_number)}.html">${one.file_number}</a> <a href="/letter/${encodeURIComponent(one.file_number)}.pdf">PDF</a>`,
    ...[say(READER_WORDS[one.reader as Reader]), one.addressee, one.who],
  ])
  const headings = [say('time'), say('fileNumber'), say('letterTo'), say('addressee'), say('who')]
  return html`<section><h2>${say('letters')}</h2><p><a href="/print/${encodeURIComponent(alert.id)}">${say('casePdf')}</a></p>${sent.length > 0 && table(say('letters'), headings, rows)}${
    may(session, 'judge') &&
    html`<form class="times" method="post" action="/letter/${encodeURIComponent(alert.id)}"><input type="hidden" name="key" value="${session.formKey}"><input type="hidden" name="after" value="${sent.length}">
<label>${say('letterTo')}<select name="reader">${readers.map((one) => html`<option value="${one}">${say(READER_WORDS[one])}</option>`)}</select></label>
<label class="wide">${say('addressee')}<input name="addressee" maxlength="${LONGEST_ADDRESSEE}" required autocomplete="off"></label><button>${say('writeLetter')}</button></form>`
  }</section>`
}
