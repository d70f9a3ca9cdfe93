import { addTo, occurrences } from '../../domain/maps.ts'
import { createRandom, type Random, shuffle } from '../../text/reader/random.ts'
import { AUGMENT, type AugmentSettings, expand, restore } from './augment.ts'
import type { Corpus, Row } from './corpus.ts'
import { nearGroups } from './near.ts'
import { fillSlots, hasSlots } from './slots.ts'
import type { EpochSource, Example } from './trainer.ts'

/** Labels of coarser corpora in terms of the six; their summed probability is trained. */
const COARSE: Readonly<Record<string, readonly string[]>> = {
  ham: ['personal', 'notice'],
  spam: ['marketing', 'finance', 'fraud', 'illicit'],
  smishing: ['fraud'],
}

/** Bit mask of the labels a row may have; `not-fraud` allows all others. 0 if the label is unknown. */
export function allowedLabels(label: string, labels: readonly string[]): number {
  const own = labels.indexOf(label)
  if (own >= 0) return 1 << own
  let bits = 0
  const denied = label.startsWith('not-') ? labels.indexOf(label.slice(4)) : -1
  if (denied >= 0) return ((1 << labels.length) - 1) & ~(1 << denied)
  for (const name of COARSE[label] ?? []) {
    const k = labels.indexOf(name)
    if (k >= 0) bits |= 1 << k
  }
  return bits
}

export interface Part {
  readonly corpus: Corpus
  readonly rows: readonly Row[]
}

/** Splits each corpus, with near-duplicates on the same side. Share 0 holds nothing out. */
export function split(
  corpora: readonly Corpus[],
  share: number,
  seed: number,
): { kept: Part[]; held: Part[] } {
  const kept: Part[] = []
  const held: Part[] = []
  for (const [c, corpus] of corpora.entries()) {
    if (share === 0) {
      kept.push({ corpus, rows: corpus.rows })
      held.push({ corpus, rows: [] })
      continue
    }
    const groups = nearGroups(corpus.rows.map((row) => row.text))
    const ids = shuffle([...new Set(groups)], createRandom(seed * 31 + c))
    const size = occurrences(groups)
    const out = new Set<number>()
    let taken = 0
    for (const id of ids) {
      const n = size.get(id) as number
      // A group too large for the held-out part is kept for training: it is one message many times.
      if (taken + n > share * corpus.rows.length) continue
      out.add(id)
      taken += n
    }
    kept.push({ corpus, rows: corpus.rows.filter((_, i) => !out.has(groups[i] as number)) })
    held.push({ corpus, rows: corpus.rows.filter((_, i) => out.has(groups[i] as number)) })
  }
  return { kept, held }
}

/** How templates and other corpora are mixed in an epoch. */
export interface Mixture {
  /** Messages generated from each template per epoch. */
  readonly expansions: number
  /** Maximum number of rows of another corpus per epoch, as a share of the messages generated from templates. */
  readonly share: number
  /** The same for corpora with personal messages only, which teach the model what not to flag. */
  readonly personalShare: number
  /** Exponent of the label sizes when the labels of another corpus share its rows: 1 keeps their proportions, 0 makes them equal. */
  readonly power: number
  /** Probability that a masked text is used as published. */
  readonly masked: number
  /** Weight of a text in the loss by label; defaults to 1. */
  readonly weights: Readonly<Record<string, number>>
  readonly augment: AugmentSettings
}

export const MIXTURE: Mixture = {
  expansions: 4,
  share: 0.06,
  personalShare: 0.3,
  power: 0.1,
  masked: 0.2,
  weights: { notice: 1.2, personal: 1.3, fraud: 1.25 },
  augment: AUGMENT,
}

/** Generates the texts of each epoch. Without templates, every row is used once, unchanged. */
export function epochSource(
  parts: readonly Part[],
  labels: readonly string[],
  mixture: Mixture,
): EpochSource {
  const templates = parts.filter((part) => part.corpus.templates)
  const others = parts.filter((part) => !part.corpus.templates)
  const made = templates.reduce((sum, part) => sum + part.rows.length, 0) * mixture.expansions
  return (_epoch, random) => {
    const examples: Example[] = []
    for (const part of templates) {
      const byLabel = groupByLabel(part.rows)
      for (const row of part.rows) {
        const allowed = allowedLabels(row.label, labels)
        const same = byLabel.get(row.label) as Row[]
        for (let i = 0; i < mixture.expansions; i++) {
          const text = expand(row.text, row.label, mixture.augment, random, random.pick(same).text)
          examples.push({ text, allowed, weight: mixture.weights[row.label] ?? 1 })
        }
      }
    }
    for (const part of others) {
      const share = part.rows.every(({ label }) => label === 'personal')
        ? mixture.personalShare
        : mixture.share
      const rows = made > 0 ? draw(part.rows, share * made, mixture.power, random) : part.rows
      for (const row of rows) {
        const allowed = allowedLabels(row.label, labels)
        if (made > 0 && row.raw !== undefined && random.chance(mixture.masked)) {
          examples.push({ text: row.raw, allowed, weight: 1 })
          continue
        }
        const slotted = hasSlots(row.text)
        const template = slotted && made > 0 ? restore(row.text, random) : row.text
        const text =
          made > 0
            ? expand(template, row.label, mixture.augment, random)
            : slotted
              ? fillSlots(template, random)
              : template
        examples.push({ text, allowed, weight: made > 0 ? (mixture.weights[row.label] ?? 1) : 1 })
      }
    }
    return examples
  }
}

function groupByLabel(rows: readonly Row[]): Map<string, Row[]> {
  const byLabel = new Map<string, Row[]>()
  for (const row of rows) addTo(byLabel, row.label, row)
  return byLabel
}

/** Draws at most `count` rows with labels in proportion to a power of their size, so that large classes do not dominate. */
function draw(rows: readonly Row[], count: number, power: number, random: Random): Row[] {
  const byLabel = groupByLabel(rows)
  let sum = 0
  for (const group of byLabel.values()) sum += group.length ** power
  const out: Row[] = []
  for (const group of byLabel.values()) {
    const quota = Math.min(group.length, Math.round((count * group.length ** power) / sum))
    const pool = group.slice()
    for (let i = 0; i < quota; i++) {
      const j = i + random.below(pool.length - i)
      out.push(pool[j] as Row)
      pool[j] = pool[i] as Row
    }
  }
  return out
}

/** Messages of held-out rows: each template filled `times` times, without other changes. */
export function heldTexts(
  parts: readonly Part[],
  seed: number,
  times = 1,
): { text: string; label: string }[] {
  const random = createRandom(seed)
  return parts.flatMap((part) =>
    part.rows.flatMap((row) =>
      Array.from({ length: part.corpus.templates ? times : 1 }, () => ({
        text: hasSlots(row.text) ? fillSlots(row.text, random) : row.text,
        label: row.label,
      })),
    ),
  )
}
