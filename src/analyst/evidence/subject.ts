import type { ExtractedMessage } from '../../detection/classify.ts'
import type { Alert } from '../../domain/alert.ts'
import { jsonOf } from '../../domain/json.ts'
import type { Message, SmsRecord } from '../../domain/message.ts'
import { readFeeds, type SourceReading } from './collect.ts'
import { isAlert } from './decisions.ts'
import type { AppendRange, Feed } from './feed.ts'
import type { Candidate, Sought } from './match.ts'

/** What a pack is about. */
export interface Subject {
  readonly kind: 'complaint' | 'message' | 'alert'
  readonly id: string
}

/** Finds the alert with this id; `found` is undefined if there is none in the range of append times. */
export async function findAlert(
  feeds: readonly Feed[],
  id: string,
  range: AppendRange,
): Promise<{ readonly found: Alert | undefined; readonly readings: readonly SourceReading[] }> {
  let found: Alert | undefined
  const readings = await readFeeds('alerts', feeds, range, ({ value }) => {
    const alert = value && jsonOf(value)
    if (!isAlert(alert)) return false
    if (alert.id === id) found ??= alert
    return true
  })
  return { found, readings }
}

/** Messages that an alert shows: their ids, and the event times of the first and last, epoch ms. */
export interface ShownMessages {
  readonly ids: ReadonlySet<string>
  readonly from: number
  readonly to: number
}

export function shownMessages({ time, data }: Alert): ShownMessages {
  const { message, samples = [], target } = data
  const shown = [...(message ? [message] : []), ...samples]
  const ids = new Set(shown.map(({ id }) => id))
  if (target.kind === 'message') ids.add(target.id)
  const times = shown.length > 0 ? shown.map(({ ts }) => ts) : [Date.parse(time)]
  return { ids, from: Math.min(...times), to: Math.max(...times) }
}

/** Collects the messages with given ids, also as parts, each once and oldest first. */
export class MessagesById implements Sought {
  readonly #ids: ReadonlySet<string>
  readonly #found = new Map<string, Candidate>()
  readonly others = 0

  constructor(ids: ReadonlySet<string>) {
    this.#ids = ids
  }

  get kept(): readonly Candidate[] {
    return [...this.#found.values()].sort((a, b) => a.message.ts - b.message.ts)
  }

  get matched(): number {
    return this.#found.size
  }

  /** Parts have ids of their own, so all of them are joined. */
  mayFit({ id, part }: SmsRecord): boolean {
    return part !== undefined || this.#ids.has(id)
  }

  add(message: Message, read: () => ExtractedMessage): void {
    if (this.#found.has(message.id) || !message.origins.some(({ id }) => this.#ids.has(id))) return
    this.#found.set(message.id, { message: read(), fit: { id: true } })
  }

  finish(): void {}
}
