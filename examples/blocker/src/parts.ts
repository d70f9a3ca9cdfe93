import { canonical, type Submission } from './match.ts'

/** How long the parts of one SMS are known to belong together, ms. */
const REMEMBER = 15 * 60_000
/** SMS and ids that are remembered at most. */
const MAX = 200_000

/** What became of the parts of concatenated SMS. */
export class Parts {
  /** SMS of which a part was not delivered, with the decision and until when that is known. */
  readonly #stopped = new Map<string, { readonly stateId: string | undefined; readonly until: number }>()
  /** Ids of parts that were delivered, with until when they are known. */
  readonly #gone = new Map<string, number>()

  /** The decision by which another part of the same SMS was kept back. */
  stopped(message: Submission, now: number): { readonly stateId: string | undefined } | undefined {
    const known = message.part && this.#stopped.get(keyOf(message))
    return known && known.until > now ? known : undefined
  }

  note(message: Submission, delivered: boolean, stateId: string | undefined, now: number): void {
    if (!message.part) return
    const until = now + REMEMBER
    if (delivered) keep(this.#gone, message.id, until)
    else keep(this.#stopped, keyOf(message), { stateId, until })
  }

  /** Of these ids, those of parts that were delivered; each is told of once. */
  takeGone(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#gone.delete(id))
  }

  sweep(now: number): void {
    for (const [key, { until }] of this.#stopped) if (until <= now) this.#stopped.delete(key)
    for (const [id, until] of this.#gone) if (until <= now) this.#gone.delete(id)
  }
}

function keyOf({ from, to, toToken, part }: Submission): string {
  const recipient = toToken ?? (to === undefined ? '' : canonical(to))
  return [canonical(from), recipient, part!.ref, part!.count].join('\u0000')
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX) map.delete(map.keys().next().value!)
}
