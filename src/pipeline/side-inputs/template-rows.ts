import {
  KEPT_FOR,
  LOCAL,
  MOST_CONFIRMATIONS,
  readSketch,
  TAUGHT_LABELS,
  type TaughtLabel,
  type Template,
} from '../../domain/templates.ts'
import { parseMoment } from '../../domain/time.ts'

const NAME = /^[^\p{Cc}]{1,64}$/u
/** Valid `source` of a list; `local` is reserved. */
export const LIST_NAME = /^(?!local$)[\w.-]{1,64}$/

/** Row of `sms.templates`; the key is `sketch`. `until` is RFC 3339, `ts` epoch ms. */
export function templateRow({ sketch, label, confirmations, until, source }: Template): string {
  return JSON.stringify({ sketch, label, confirmations, until: new Date(until).toISOString(), source })
}

/**
 * Reads a row of `sms.templates` or of a list, or returns what is wrong with it. Times after `latest`, epoch ms, are in
 * the future. Unknown members are ignored.
 */
export function readTemplateRow(value: unknown, latest: number): Template | { readonly message: string } {
  if (typeof value !== 'object' || value === null) return { message: 'is not an object' }
  const {
    sketch,
    label,
    confirmations = [],
    until,
    source = LOCAL,
  } = value as Readonly<Record<string, unknown>>
  if (typeof sketch !== 'string' || !readSketch(sketch)) return { message: 'sketch: is none of this version' }
  if (!TAUGHT_LABELS.includes(label as TaughtLabel))
    return { message: `label: is not one that teaches (allowed: ${TAUGHT_LABELS.join(', ')})` }
  if (source !== LOCAL && !(typeof source === 'string' && LIST_NAME.test(source)))
    return { message: 'source: is neither local nor the name of a list' }
  const end = momentIn(until)
  if (Number.isNaN(end)) return { message: 'until: is not a time' }
  if (end > latest + KEPT_FOR) return { message: 'until: lies more than 90 days ahead' }
  if (!Array.isArray(confirmations) || confirmations.length > MOST_CONFIRMATIONS)
    return { message: `confirmations: is not a list of at most ${MOST_CONFIRMATIONS}` }
  const people = new Map<string, number>()
  for (const one of confirmations) {
    const { by, ts } = (one ?? {}) as Readonly<Record<string, unknown>>
    const at = momentIn(ts)
    if (typeof by !== 'string' || !NAME.test(by)) return { message: 'confirmations: by is not a name' }
    if (Number.isNaN(at)) return { message: 'confirmations: ts is not a time' }
    if (at > latest) return { message: 'confirmations: ts is in the future: check the clock of the writer' }
    people.set(by, Math.min(at, people.get(by) ?? at))
  }
  return {
    ...{ sketch, label: label as TaughtLabel, until: end, source: source as string },
    confirmations: [...people].map(([by, ts]) => ({ by, ts })),
  }
}

function momentIn(value: unknown): number {
  return typeof value === 'number'
    ? Number.isSafeInteger(value)
      ? value
      : Number.NaN
    : parseMoment(String(value))
}
