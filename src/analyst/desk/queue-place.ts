import { QUEUE_VIEWS, type QueueView } from '../archive/case-queue.ts'

const MOST_SKIPPED = 100_000

/** The user's position in the queue, to return to after a finding. */
export interface QueuePlace {
  readonly view: QueueView
  readonly skip: number
  /** The next case in the list. */
  readonly follows?: string | undefined
}

/** Reads the position from an address or form. */
export function placeOf(fields: URLSearchParams): QueuePlace {
  return {
    view: QUEUE_VIEWS.find((one) => one === fields.get('view')) ?? 'open',
    skip: Math.min(MOST_SKIPPED, Math.max(0, Math.trunc(Number(fields.get('skip')) || 0))),
    follows: fields.get('follows') || undefined,
  }
}

/** The fields of a position, without those that have their default. */
export function placeFields({ view, skip, follows }: QueuePlace): Readonly<Record<string, string>> {
  return {
    ...(view !== 'open' && { view }),
    ...(skip > 0 && { skip: String(skip) }),
    ...(follows !== undefined && { follows }),
  }
}

/** The list at a position, with the next case selected. `said`: message shown on the page. */
export function listAt(
  { follows, ...place }: QueuePlace,
  said: Readonly<Record<string, string>> = {},
): string {
  const at = follows === undefined ? '' : `#${encodeURIComponent(follows)}`
  return `/queue?${new URLSearchParams({ ...placeFields(place), ...said })}${at}`
}

/** The page of a case, opened from a position. */
export function caseAt(id: string, fields: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(fields).toString()
  return `/queue/${encodeURIComponent(id)}${query && `?${query}`}`
}
