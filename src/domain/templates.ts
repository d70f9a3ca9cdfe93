import { given } from './given.ts'
import { DAY } from './time.ts'

export const TAUGHT_LABELS = ['fraud', 'illicit'] as const
export type TaughtLabel = (typeof TAUGHT_LABELS)[number]

/** Limit of stored templates: the least recently met is evicted first. */
export const MOST_TEMPLATES = 100_000
/** A template expires this long after it was last met, ms. */
export const KEPT_FOR = 90 * DAY
export const MOST_CONFIRMATIONS = 32
/** `source` of templates confirmed in this deployment. */
export const LOCAL = 'local'

/** Version of the sketch format: other grams or hashes get another. */
const FORM = 'w1'

/** One-way MinHash of the words of a text in 128 bytes: the share of equal bytes estimates the share of common grams. */
export type WordSketch = Uint8Array

/** `w1:<128 bytes, base64url>`. */
export function writtenSketch(sketch: WordSketch): string {
  return `${FORM}:${Buffer.from(sketch).toString('base64url')}`
}

/** Parses the output of `writtenSketch`; undefined for anything else. */
export function readSketch(text: string): WordSketch | undefined {
  const found = /^w1:([\w-]{171})$/.exec(text)
  if (found === null) return undefined
  const sketch = new Uint8Array(Buffer.from(found[1] as string, 'base64url'))
  return writtenSketch(sketch) === text ? sketch : undefined
}

export interface Confirmation {
  readonly by: string
  /** Epoch ms. */
  readonly ts: number
}

/** The wording of a message confirmed as fraud or illicit. Holds no text and no number. */
export interface Template {
  /** See `writtenSketch`. */
  readonly sketch: string
  readonly label: TaughtLabel
  /** The earliest of each person. */
  readonly confirmations: readonly Confirmation[]
  /** Epoch ms. */
  readonly until: number
  /** `local`, or the list it was imported from. */
  readonly source: string
}

/** A stored template. `removed`: when it was found to be wrong, epoch ms; it is kept so that it is not learned again. */
export interface StoredTemplate extends Template {
  readonly removed?: number
}

export type TemplateChange = { readonly sketch: string } & (
  | { readonly is: 'confirmed'; readonly label: TaughtLabel; readonly by: string; readonly ts: number }
  | { readonly is: 'retracted'; readonly by: string; readonly ts: number }
  | { readonly is: 'removed'; readonly ts: number }
  /** Restores a template removed at `ts` or before. */
  | { readonly is: 'restored'; readonly ts: number }
  | { readonly is: 'met'; readonly until: number }
  /** From a topic or another store: accepted if the template is unknown. */
  | { readonly is: 'known'; readonly template: Template }
)

/** The template after a change; the same object if nothing changes. */
export function changed(
  known: StoredTemplate | undefined,
  change: TemplateChange,
): StoredTemplate | undefined {
  if (change.is === 'known') return known ?? change.template
  if (change.is === 'confirmed') return confirmed(known, change)
  if (known === undefined) return undefined
  switch (change.is) {
    case 'retracted': {
      const confirmations = known.confirmations.filter(({ by, ts }) => by !== change.by || ts > change.ts)
      if (confirmations.length === known.confirmations.length) return known
      const isOver = confirmations.length === 0 && known.source === LOCAL
      return { ...known, confirmations, ...given({ removed: isOver ? change.ts : undefined }) }
    }
    case 'removed':
      return (known.removed ?? 0) >= change.ts ? known : { ...known, removed: change.ts }
    case 'restored': {
      const { removed, ...rest } = known
      return removed !== undefined && removed <= change.ts ? rest : known
    }
    case 'met':
      return known.removed === undefined && change.until > known.until
        ? { ...known, until: change.until }
        : known
  }
}

function confirmed(
  known: StoredTemplate | undefined,
  { sketch, label, by, ts }: Extract<TemplateChange, { is: 'confirmed' }>,
): StoredTemplate {
  const until = ts + KEPT_FOR
  if (known === undefined) return { sketch, label, confirmations: [{ by, ts }], until, source: LOCAL }
  if (known.removed !== undefined && known.removed >= ts) return known
  const { removed, ...rest } = known
  // Start over after a removal: earlier confirmations did not know the reason for it.
  const before = removed === undefined ? known.confirmations : []
  const isKnown = before.some((one) => one.by === by) || before.length >= MOST_CONFIRMATIONS
  if (isKnown && until <= known.until) return known
  return {
    ...rest,
    confirmations: isKnown ? before : [...before, { by, ts }],
    until: Math.max(until, known.until),
  }
}

/** Templates returned by one call of `changes`. */
export const TEMPLATES_AT_ONCE = 2_000

export interface TemplateChanges {
  /** Including removed ones. */
  readonly templates: readonly StoredTemplate[]
  readonly mark: string
  /** The store lost its contents since `mark`. */
  readonly lost: boolean
}

/** Templates shared by all instances, at most `MOST_TEMPLATES`. Every method rejects with REDIS_UNREACHABLE. */
export interface TemplateStore {
  /** Applies changes in order, as `changed` does. Idempotent. */
  change(changes: readonly TemplateChange[]): Promise<void>
  /** Changes after `mark` (undefined: all), at most `TEMPLATES_AT_ONCE`. An empty result means there are no more. */
  changes(mark: string | undefined): Promise<TemplateChanges>
  /** Deletes templates whose `until` is before a time (epoch ms), some thousands per call, and returns their sketches. */
  expire(before: number): Promise<readonly string[]>
}

export interface Met {
  readonly template: Template
  /** Share of common words, 0 to 1. */
  readonly similarity: number
}
