import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { HOUR } from '../../domain/time.ts'
import { listAt, placeFields, placeOf } from './queue-place.ts'
import { ownerOf } from './sessions.ts'

/** Form fields for free text. */
const WRITTEN = ['note', 'comment'] as const
const LONGEST = 2000
const MOST = 200
const LASTS = HOUR

/** Texts entered in a form whose session had ended. */
export type KeptTexts = Readonly<Partial<Record<(typeof WRITTEN)[number], string>>>

/**
 * Keeps texts of forms submitted after their session ended, in memory: their page shows them again after the login, to the same
 * person. The texts are not part of any address, and only pages of the desk can store them.
 */
export class KeptForms {
  readonly #kept = new Map<
    string,
    { readonly texts: KeptTexts; readonly owner: string; readonly until: number }
  >()

  /** Stores the texts of a form and returns the address of its page, which shows them again. `now`: monotonic, ms. */
  pageOf(request: IncomingMessage, path: string, form: URLSearchParams, now: number): string {
    const isOurs = request.headers['sec-fetch-site'] === 'same-origin'
    const texts = isOurs ? textsOf(form) : {}
    const kept =
      Object.keys(texts).length === 0 ? {} : { kept: this.#keep(texts, ownerOf(form.get('key') ?? ''), now) }
    return addressOf(path, form, { ended: '', ...kept })
  }

  /** The texts of a person that are stored for a page, or undefined if there are none. */
  find(id: string | null, name: string, now: number): KeptTexts | undefined {
    const found = id === null ? undefined : this.#kept.get(id)
    return found && found.until >= now && found.owner === name ? found.texts : undefined
  }

  #keep(texts: KeptTexts, owner: string, now: number): string {
    for (const [id, { until }] of this.#kept)
      if (until < now || this.#kept.size >= MOST) this.#kept.delete(id)
    const id = randomUUID()
    this.#kept.set(id, { texts, owner, until: now + LASTS })
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

/** The page that contains a form with this path. The list of cases has no field for a note. */
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
