import { argmaxRow, type ClassScore, reportOf } from './metrics.ts'

/** Held-out texts of one origin. `label` is one of the model's, or `not-<label>` if only that label is ruled out. */
export interface HeldPart {
  readonly name: string
  readonly texts: readonly { readonly text: string; readonly label: string }[]
}

/** Change of one label. `denied` counts texts known not to have it, and how many of them are given it. */
export interface LabelChange {
  readonly before: ClassScore
  readonly after: ClassScore
  readonly denied?: { readonly texts: number; readonly before: number; readonly after: number }
}

export interface PartChange {
  readonly name: string
  readonly texts: number
  readonly labels: Readonly<Record<string, LabelChange>>
}

export interface Loss {
  readonly part: string
  readonly label: string
  /** Loss of F1, or the increase in the share of denied texts that are given the label. */
  readonly lost: number
  readonly of: 'f1' | 'denied'
}

/** Minimum number of held-out texts of a label for which a loss is meaningful. */
export const FEWEST = 20

/** Returns probabilities or logits, texts × labels. */
export type Score = (texts: readonly string[]) => Float32Array

/** Gains and losses of each label on each part. Parts without texts are left out. */
export function compare(
  labels: readonly string[],
  parts: readonly HeldPart[],
  before: Score,
  after: Score,
): PartChange[] {
  return parts
    .filter(({ texts }) => texts.length > 0)
    .map(({ name, texts }) => {
      const plain = texts.map(({ text }) => text)
      const [then, now] = [before, after].map((score) => {
        const scores = score(plain)
        return texts.map((_, i) => argmaxRow(scores, i, labels.length))
      }) as [number[], number[]]
      const sure = texts.flatMap(({ label }, i) => (labels.includes(label) ? [i] : []))
      const truth = sure.map((i) => labels.indexOf(texts[i]!.label))
      const reports = [then, now].map((said) =>
        reportOf(
          labels,
          truth,
          sure.map((i) => said[i]!),
        ),
      )
      const changes = labels.map((label, k): [string, LabelChange] => {
        const denied = texts.flatMap((text, i) => (text.label === `not-${label}` ? [i] : []))
        const given = (said: readonly number[]) => denied.filter((i) => said[i] === k).length
        const [was, is] = reports.map((report) => report.perClass[label]!) as [ClassScore, ClassScore]
        const change = { before: was, after: is }
        if (denied.length === 0) return [label, change]
        return [
          label,
          { ...change, denied: { texts: denied.length, before: given(then), after: given(now) } },
        ]
      })
      return { name, texts: texts.length, labels: Object.fromEntries(changes) }
    })
}

/** Labels that lose more than `mayLose` on a part with enough of their texts. */
export function lossesOf(parts: readonly PartChange[], mayLose: number): Loss[] {
  return parts.flatMap(({ name, labels }) =>
    Object.entries(labels).flatMap(([label, { before, after, denied }]) => {
      const losses: Loss[] = []
      const f1 = before.f1 - after.f1
      if (before.support >= FEWEST && f1 > mayLose) losses.push({ part: name, label, lost: f1, of: 'f1' })
      const more = denied ? (denied.after - denied.before) / denied.texts : 0
      if ((denied?.texts ?? 0) >= FEWEST && more > mayLose)
        losses.push({ part: name, label, lost: more, of: 'denied' })
      return losses
    }),
  )
}

/** Whether any label has enough texts to measure a loss. */
export function isJudged(parts: readonly PartChange[]): boolean {
  return parts.some(({ labels }) => Object.values(labels).some(({ before }) => before.support >= FEWEST))
}

export function tableOf(parts: readonly PartChange[]): string {
  const number = (x: number) => x.toFixed(3).padStart(8)
  return parts
    .map(({ name, texts, labels }) => {
      const rows = Object.entries(labels).flatMap(([label, { before, after, denied }]) => {
        const head = `  ${label.padEnd(12)}`
        const few = before.support < FEWEST ? '  too few to judge' : ''
        const change = after.f1 - before.f1
        const signed = `${change > 0 ? '+' : ''}${change.toFixed(3)}`.padStart(8)
        return [
          ...(before.support > 0
            ? [
                `${head}${String(before.support).padStart(7)}${number(before.f1)}${number(after.f1)}${signed}${few}`,
              ]
            : []),
          ...(denied
            ? [
                `${`  not ${label}`.padEnd(14)}${String(denied.texts).padStart(7)}  called so: ${denied.before} before, ${denied.after} now`,
              ]
            : []),
        ]
      })
      return [`${name}: ${texts} texts`, `  label         texts      F1     now  change`, ...rows].join('\n')
    })
    .join('\n')
}
