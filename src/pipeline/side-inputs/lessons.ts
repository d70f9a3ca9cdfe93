import type { Teaching } from '../../domain/allowance.ts'
import { given } from '../../domain/given.ts'
import type { GivenFeedback } from '../../domain/state-store.ts'
import type { TemplateChange } from '../../domain/templates.ts'
import { type TemplateLearning, taughtLabel } from '../template-learning.ts'
import type { Feedback } from './rows.ts'

/** The template changes of a row, and their record for an undo. */
interface Lesson {
  readonly does: Pick<GivenFeedback, 'taught' | 'untaught'>
  readonly changes: readonly TemplateChange[]
}

/**
 * What feedback on a message teaches: confirmed as fraud or illicit, it counts for a template; as a false alarm, it
 * removes similar templates. Undefined if nothing. `before` is the row as interpreted by another instance.
 */
export async function lessonOf(
  { verdict, label, by, ts }: Pick<Feedback, 'verdict' | 'label' | 'by' | 'ts'>,
  { teaches, codes }: { readonly teaches?: Teaching | undefined; readonly codes: readonly string[] },
  before: Lesson['does'] | undefined,
  templates: Pick<TemplateLearning, 'templateFor' | 'templatesLike'>,
): Promise<Lesson | undefined> {
  if (teaches === undefined) return undefined
  if (verdict === 'confirmed') {
    const as = taughtLabel(label, codes, teaches)
    if (as === undefined) return undefined
    const taught = before?.taught ?? (await templates.templateFor(teaches.sketch))
    return { does: { taught }, changes: [{ is: 'confirmed', sketch: taught, label: as, by, ts }] }
  }
  if (
    verdict !== 'false_positive' ||
    taughtLabel(undefined, codes, { ...teaches, label: 'fraud' }) === undefined
  )
    return undefined
  const like = await templates.templatesLike(teaches.sketch)
  const untaught = [...new Set([...(before?.untaught ?? []), ...like])]
  return {
    does: given({ untaught: untaught.length > 0 ? untaught : undefined }),
    changes: untaught.map((sketch) => ({ is: 'removed', sketch, ts })),
  }
}

/** The changes that undo a row's lesson, unless other feedback supports it. `ts` is the time of the undo. */
export function unlearned(
  { taught, untaught = [], by }: GivenFeedback,
  others: readonly GivenFeedback[],
  ts: number,
): TemplateChange[] {
  const isSaidAgain = others.some((other) => other.taught === taught && other.by === by)
  const isGone = (sketch: string) => others.some((other) => other.untaught?.includes(sketch))
  return [
    ...(taught === undefined || isSaidAgain
      ? []
      : [{ is: 'retracted', sketch: taught, by, ts } satisfies TemplateChange]),
    ...untaught
      .filter((sketch) => !isGone(sketch))
      .map((sketch): TemplateChange => ({ is: 'restored', sketch, ts })),
  ]
}
