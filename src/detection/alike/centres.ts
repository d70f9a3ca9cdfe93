import { hash32 } from '../../domain/hash32.ts'
import { SKETCH_LENGTH, SKETCH_SIZE, type Sketch } from '../../domain/sketch.ts'
import { HOUR } from '../../domain/time.ts'
import { shown } from './shown-centre.ts'

/** Limit of centres. */
const MOST = 512
/** Similarity from which a text joins a centre; tuned on corpus/campaigns/tuning.tsv (docs/detection.md). */
const JOINS = 0.7
const COUNTS = 0.74
/** Similarity from which two centres are merged: if either has few texts, and otherwise. */
const MERGES_FEW = 0.72
const MERGES = 0.8
/** A text this similar to the centre of its sender's last text joins it without comparing others. */
const SAME = 0.85
/** Entries compared first. */
const HEAD = 24
/** Lifetime of a centre after its last text, ms of event time. */
const FORGOTTEN_AFTER = 2 * HOUR
/** A centre is the mean of up to this many texts; then it follows them with a constant rate. */
const FOLLOWS = 256
/** Minimum senders and messages for a centre to be settled. */
const SETTLED_SENDERS = 4
const SETTLED_MESSAGES = 8

/** Mean of similar texts. */
export interface Centre {
  /** Unit vector. */
  readonly vector: Float32Array
  /** Norm of the vector beyond its head. */
  tail: number
  readonly senders: Set<string>
  messages: number
  /** Event time of its first text, ms. */
  since: number
  /** Newest event time of its texts, ms; -Infinity once removed. */
  last: number
  /** Set once settled; the same for all instances with a centre of these texts. */
  key?: string
}

export interface Placed {
  readonly centre: Centre
  /** Whether the text is near enough to count. */
  readonly counts: boolean
  /** Whether it has settled or moved, so that other instances should be told. */
  readonly isNews: boolean
}

/**
 * Centres of similar texts, each following its texts (online clustering). Bounded: the least recently used is evicted first,
 * settled ones last.
 */
export class Centres {
  #centres: Centre[] = []
  #newest = Number.NEGATIVE_INFINITY

  /** Adds a text to the most similar centre, or to a new one. `near`: the centre of the sender's last text. */
  place(sketch: Sketch, sender: string, ts: number, near?: Centre): Placed {
    this.#newest = Math.max(this.#newest, ts)
    const isNear = near !== undefined && this.#isLive(near) && likenessTo(near.vector, sketch) >= SAME
    const centre = isNear ? near : (this.#nearest(sketch) ?? this.#open(sketch, ts))
    centre.last = Math.max(centre.last, ts)
    centre.messages++
    if (centre.senders.size < SETTLED_SENDERS) centre.senders.add(sender)
    const counts = centre.key !== undefined && likenessTo(centre.vector, sketch) >= COUNTS
    move(centre, sketch, SKETCH_LENGTH, 1 / Math.min(centre.messages, FOLLOWS))
    const isDue = centre.messages >= SETTLED_MESSAGES && Number.isInteger(Math.log2(centre.messages))
    // The first texts of a campaign may have opened several centres.
    if (isDue) this.#mergeInto(centre)
    const settles =
      centre.key === undefined &&
      centre.messages >= SETTLED_MESSAGES &&
      centre.senders.size >= SETTLED_SENDERS
    if (settles)
      centre.key = hash32(`${ts} ${shown(centre)}`)
        .toString(16)
        .padStart(8, '0')
    return { centre, counts, isNews: settles || (isDue && centre.key !== undefined) }
  }

  /** Adopts a centre published by another instance; of similar centres the oldest determines the key. */
  adopt({ vector, since, key }: Pick<Centre, 'vector' | 'since'> & { readonly key: string }): void {
    for (const centre of this.#centres) {
      if (centre.key === undefined || centre.key === key || cosine(centre.vector, vector) < MERGES) continue
      if (since > centre.since || (since === centre.since && key > centre.key)) continue
      centre.key = key
      centre.since = since
    }
  }

  #isLive({ last }: Centre): boolean {
    return last + FORGOTTEN_AFTER >= this.#newest
  }

  #nearest(sketch: Sketch): Centre | undefined {
    let nearest: Centre | undefined
    let most = JOINS
    const tail = lengthFrom(sketch, HEAD) / SKETCH_LENGTH
    for (const centre of this.#centres) {
      // An upper bound of the rest rules out nearly all others.
      const head = partOf(centre.vector, sketch, 0, HEAD)
      if (head + tail * centre.tail < most) continue
      const like = head + partOf(centre.vector, sketch, HEAD, SKETCH_SIZE)
      if (like < most || !this.#isLive(centre)) continue
      most = like
      nearest = centre
    }
    return nearest
  }

  #mergeInto(centre: Centre): void {
    this.#centres = this.#centres.filter((other) => {
      if (other === centre || !this.#isLive(other)) return other === centre
      const least = other.messages < SETTLED_MESSAGES ? MERGES_FEW : MERGES
      if (cosine(centre.vector, other.vector) < least) return true
      if (other.key !== undefined && (centre.key === undefined || other.since < centre.since))
        centre.key = other.key
      centre.messages += other.messages
      move(centre, other.vector, 1, other.messages / centre.messages)
      centre.since = Math.min(centre.since, other.since)
      for (const sender of other.senders) centre.senders.add(sender)
      other.last = Number.NEGATIVE_INFINITY
      return false
    })
  }

  #open(sketch: Sketch, since: number): Centre {
    if (this.#centres.length >= MOST) this.#makeRoom()
    const vector = Float32Array.from(sketch, (value) => value / SKETCH_LENGTH)
    const tail = lengthFrom(vector, HEAD)
    const centre = { vector, tail, senders: new Set<string>(), messages: 0, since, last: since }
    this.#centres.push(centre)
    return centre
  }

  /** Evicts an eighth at a time, so that sorting is rare. */
  #makeRoom(): void {
    const rank = ({ key, last }: Centre) => last + (key === undefined ? 0 : FORGOTTEN_AFTER)
    const ranked = this.#centres.sort((a, b) => rank(b) - rank(a))
    // Mark dropped centres: senders may still refer to them.
    for (const dropped of ranked.splice(MOST - MOST / 8)) dropped.last = Number.NEGATIVE_INFINITY
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0
  for (let k = 0; k < SKETCH_SIZE; k++) dot += (a[k] as number) * (b[k] as number)
  return dot
}

/** Cosine similarity of a sketch and a unit vector. */
export function likenessTo(vector: Float32Array, sketch: Sketch): number {
  return partOf(vector, sketch, 0, SKETCH_SIZE)
}

function partOf(vector: Float32Array, sketch: Sketch, from: number, to: number): number {
  let dot = 0
  for (let k = from; k < to; k += 4)
    dot +=
      (vector[k] as number) * (sketch[k] as number) +
      (vector[k + 1] as number) * (sketch[k + 1] as number) +
      (vector[k + 2] as number) * (sketch[k + 2] as number) +
      (vector[k + 3] as number) * (sketch[k + 3] as number)
  return dot / SKETCH_LENGTH
}

function lengthFrom(values: ArrayLike<number>, from: number): number {
  let square = 0
  for (let k = from; k < SKETCH_SIZE; k++) square += (values[k] as number) ** 2
  return Math.sqrt(square)
}

/** Moves a centre by a fraction of the way towards another vector of norm `length`. */
function move(centre: Centre, to: ArrayLike<number>, length: number, part: number): void {
  const { vector } = centre
  let square = 0
  for (let k = 0; k < SKETCH_SIZE; k++) {
    const value = (1 - part) * (vector[k] as number) + (part * (to[k] as number)) / length
    vector[k] = value
    square += value * value
  }
  const size = Math.sqrt(square) || 1
  for (let k = 0; k < SKETCH_SIZE; k++) vector[k] = (vector[k] as number) / size
  centre.tail = lengthFrom(vector, HEAD)
}
