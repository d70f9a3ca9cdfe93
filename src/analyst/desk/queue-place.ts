import { QUEUE_VIEWS, type QueueView } from '../archive/case-queue.ts'

const MOST_SKIPPED = 100_000

/** The place in the queue at which a person works, so that a finding leads back to it. */
export interface QueuePlace {
  readonly view: QueueView
  readonly skip: number
  /** The case that follows the one at hand. */
  readonly follows?: string | undefined
}

/** The place that an address or a form names. */
export function placeOf(fields: URLSearchParams): QueuePlace {
  return {
    view: QUEUE_VIEWS.find((one) => one === fields.get('view')) ?? 'open',
    skip: Math.min(MOST_SKIPPED, Math.max(0, Math.trunc(Number(fields.get('skip')) || 0))),
    follows: fields.get('follows') || undefined,
  }
}

/** The fields of a place, but for what is as it is without them. */
export function placeFields({ view, skip, follows }: QueuePlace): Readonly<Record<string, string>> {
  return {
    ...(view !== 'open' && { view }),
    ...(skip > 0 && { skip: String(skip) }),
    ...(follows !== undefined && { follows }),
  }
}

/** The list there, with the case that follows picked. `said`: what the page says. */
export function listAt({ follows, ...place }: QueuePlace, said: Readonly<Record<string, string>>): string {
  const at = follows === undefined ? '' : `#${encodeURIComponent(follows)}`
  return `/queue?${new URLSearchParams({ ...placeFields(place), ...said })}${at}`
}

/** The page of a case, opened from a place. */
export function caseAt(id: string, fields: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(fields).toString()
  return `/queue/${encodeURIComponent(id)}${query && `?${query}`}`
}
