import { DAY } from './time.ts'

/** What a text is that teaches. */
export const TAUGHT_LABELS = ['fraud', 'illicit'] as const
export type TaughtLabel = (typeof TAUGHT_LABELS)[number]

/** Most templates that are held: the one that was not met for the longest time is forgotten first. */
export const MOST_TEMPLATES = 100_000
/** A template is forgotten so long after it was last met, ms. */
export const KEPT_FOR = 90 * DAY
/** The most people whose word is kept. */
export const MOST_CONFIRMATIONS = 32
/** `source` of what was confirmed here. */
export const LOCAL = 'local'

/** Of the form of a sketch: other grams or hashes have another. */
const FORM = 'w1'

/** The words of a text in 128 bytes, one-way: the share of equal ones is that of the grams that two texts share. */
export type WordSketch = Uint8Array

/** `w1:<128 bytes, base64url>`. */
export function writtenSketch(sketch: WordSketch): string {
  return `${FORM}:${Buffer.from(sketch).toString('base64url')}`
}

/** What `writtenSketch` gave; undefined for anything else. */
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

/** The wording of a message that was confirmed as fraud or illicit. Holds no text and no number. */
export interface Template {
  /** See `writtenSketch`. */
  readonly sketch: string
  readonly label: TaughtLabel
  /** One a person, the earliest. */
  readonly confirmations: readonly Confirmation[]
  /** Epoch ms. */
  readonly until: number
  /** `local`, or the list that it was imported with. */
  readonly source: string
}

/** A template as it is stored. `removed`: when it was found to be wrong, epoch ms; it stays, so that it is not learned again. */
export interface StoredTemplate extends Template {
  readonly removed?: number
}

/** What happens to one template. */
export type TemplateChange = { readonly sketch: string } & (
  | { readonly is: 'confirmed'; readonly label: TaughtLabel; readonly by: string; readonly ts: number }
  | { readonly is: 'retracted'; readonly by: string; readonly ts: number }
  | { readonly is: 'removed'; readonly ts: number }
  /** What was removed, at `ts` or before, is there again. */
  | { readonly is: 'restored'; readonly ts: number }
  | { readonly is: 'met'; readonly until: number }
  /** From a topic or another store: it is taken where nothing is known of it. */
  | { readonly is: 'known'; readonly template: Template }
)

/** A template after a change; the same object where nothing changes. */
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
      return { ...known, confirmations, ...(isOver ? { removed: change.ts } : {}) }
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
  // What was removed begins again: those who confirmed it before did not see why it was.
  const before = removed === undefined ? known.confirmations : []
  const isKnown = before.some((one) => one.by === by) || before.length >= MOST_CONFIRMATIONS
  if (isKnown && until <= known.until) return known
  return {
    ...rest,
    confirmations: isKnown ? before : [...before, { by, ts }],
    until: Math.max(until, known.until),
  }
}

/** Templates that a store gives back at once. */
export const TEMPLATES_AT_ONCE = 2_000

export interface TemplateChanges {
  /** With those that were removed. */
  readonly templates: readonly StoredTemplate[]
  readonly mark: string
  /** The store has forgotten what it held at `mark`. */
  readonly lost: boolean
}

/** Templates shared by all instances, at most `MOST_TEMPLATES`. Every method rejects with REDIS_UNREACHABLE. */
export interface TemplateStore {
  /** Each as `changed` says, in their order; done again it changes nothing. */
  change(changes: readonly TemplateChange[]): Promise<void>
  /** What changed after `mark` (undefined: all), `TEMPLATES_AT_ONCE` at most: there is no more when none comes. */
  changes(mark: string | undefined): Promise<TemplateChanges>
  /** Forgets those of which `until` lies before a time, epoch ms, and returns their sketches; some thousands at once. */
  expire(before: number): Promise<readonly string[]>
}

/** The template that a message is most like. */
export interface Met {
  readonly template: Template
  /** Share of the words that both have, 0 to 1. */
  readonly similarity: number
}
