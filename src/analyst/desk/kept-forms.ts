import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { HOUR } from '../../domain/time.ts'
import { listAt, placeFields, placeOf } from './queue-place.ts'

/** Fields of forms in which people write sentences. */
const WRITTEN = ['note', 'comment'] as const
const LONGEST = 2000
const MOST = 200
const LASTS = HOUR

/** What was written into a form of a session that had ended. */
export type KeptTexts = Readonly<Partial<Record<(typeof WRITTEN)[number], string>>>

/**
 * Texts of forms that were sent after their session had ended, in memory: the page that they were written on shows them again
 * after the login. Nothing of them is in an address, and only pages of the desk itself put texts here.
 */
export class KeptForms {
  readonly #kept = new Map<string, { readonly texts: KeptTexts; readonly until: number }>()

  /** The address of the page that the form was on, which shows what was written in it. `now`: monotonic, ms. */
  pageOf(request: IncomingMessage, path: string, form: URLSearchParams, now: number): string {
    const isOurs = request.headers['sec-fetch-site'] === 'same-origin'
    const texts = isOurs ? textsOf(form) : {}
    const kept = Object.keys(texts).length === 0 ? {} : { kept: this.#keep(texts, now) }
    return addressOf(path, form, { ended: '', ...kept })
  }

  /** The texts that a page shows again; undefined: there are none. */
  find(id: string | null, now: number): KeptTexts | undefined {
    const found = id === null ? undefined : this.#kept.get(id)
    return found && found.until >= now ? found.texts : undefined
  }

  #keep(texts: KeptTexts, now: number): string {
    for (const [id, { until }] of this.#kept)
      if (until < now || this.#kept.size >= MOST) this.#kept.delete(id)
    const id = randomUUID()
    this.#kept.set(id, { texts, until: now + LASTS })
    return id
  }
}

function textsOf(form: URLSearchParams): KeptTexts {
  return Object.fromEntries(
    WRITTEN.flatMap((name) => {
      const text = form.get(name)?.slice(0, LONGEST) ?? ''
      return text.trim() === '' ? [] : [[name, text]]
    }),
  )
}

/** The page that has a form with this path. A case that is judged in the list has no field for a note. */
function addressOf(path: string, form: URLSearchParams, said: Readonly<Record<string, string>>): string {
  const isOfList = form.has('seen') && !form.has('note')
  if (path === '/queue/undo' || isOfList) return listAt(placeOf(form), said)
  if (path.startsWith('/queue/'))
    return `${path}?${new URLSearchParams({ ...placeFields(placeOf(form)), ...said })}`
  if (path.startsWith('/case/')) return `${path}?${new URLSearchParams(said)}`
  if (path.startsWith('/letter/'))
    return `/case/${path.slice('/letter/'.length)}?${new URLSearchParams(said)}`
  return path === '/find' || path === '/search' ? '/find' : '/overview'
}
