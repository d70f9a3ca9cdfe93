import { CODE_NAMES, isOwnCode } from '../../domain/codes.ts'
import { optionFault } from '../../domain/errors.ts'
import { nearest } from '../../settings/files/nearest.ts'
import { ASKING } from './difference.ts'
import type { Report } from './report.ts'

/** A condition under which a replay fails, such as `newly.block > 0.1%`. */
export interface FailOn {
  /** As written by the user. */
  readonly text: string
  /** The figure it refers to, such as `newly.block`. */
  readonly figure: string
  readonly comparison: Comparison
  readonly limit: number
  /** Whether the limit is a percentage of the compared verdicts. */
  readonly percent: boolean
}

type Counts = Pick<Report, 'compared' | 'changed' | 'newly' | 'released' | 'byCode' | 'states' | 'degraded'>

const COMPARISONS = {
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '=': (a: number, b: number) => a === b,
} as const
type Comparison = keyof typeof COMPARISONS

const FORM = /^\s*([A-Za-z_.][A-Za-z0-9_.]*)\s*(>=|<=|==|=|>|<)\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/
const FIGURES = [
  'changed',
  'degraded',
  'newly',
  'released',
  'states.raised',
  'states.released',
  ...ASKING.flatMap((action) => [`newly.${action}`, `released.${action}`]),
]

/** Parses a condition. Throws USAGE that lists what is allowed. */
export function parseFailOn(text: string): FailOn {
  const [, figure = '', sign = '', limit = '', percent] = FORM.exec(text) ?? []
  if (figure === '') {
    throw optionFault(
      '--fail-on',
      `"${text}" is not of the form <figure> <comparison> <number>[%], such as newly.block > 0.1%`,
    )
  }
  const known = [
    ...FIGURES,
    ...CODE_NAMES.flatMap((code) => [`byCode.${code}.raised`, `byCode.${code}.released`]),
  ]
  if (!known.includes(figure) && !isOfOwnCode(figure)) {
    const near = nearest(figure, known)
    const allowed = `${FIGURES.join(', ')}, byCode.<CODE>.raised, byCode.<CODE>.released`
    throw optionFault(
      '--fail-on',
      `${figure} is not a figure${near ? `, did you mean ${near}?` : ''} (allowed: ${allowed})`,
    )
  }
  return {
    text: text.trim(),
    figure,
    comparison: (sign === '==' ? '=' : sign) as Comparison,
    limit: Number(limit),
    percent: percent === '%',
  }
}

/** Whether the condition holds, and the value of its figure. Percentages never hold if no verdicts were compared. */
export function holds(
  condition: FailOn,
  counts: Counts,
): { readonly holds: boolean; readonly value: number } {
  const value = figureOf(condition.figure, counts)
  if (!condition.percent) return { holds: COMPARISONS[condition.comparison](value, condition.limit), value }
  if (counts.compared === 0) return { holds: false, value: 0 }
  // Compares products instead of quotients, so that 1 of 1000 is exactly 0.1%.
  return {
    holds: COMPARISONS[condition.comparison](value * 100, roundedOff(condition.limit * counts.compared)),
    value: (value * 100) / counts.compared,
  }
}

function roundedOff(value: number): number {
  return Number(value.toPrecision(12))
}

function figureOf(figure: string, counts: Counts): number {
  const [first = '', second = '', third = ''] = figure.split('.')
  if (first === 'changed' || first === 'degraded') return counts[first]
  if (first === 'byCode') {
    const code = counts.byCode[second as keyof Counts['byCode']]
    return code?.[third as 'raised' | 'released'] ?? 0
  }
  if (first === 'states') return counts.states[second as 'raised' | 'released'].length
  const actions = counts[first as 'newly' | 'released']
  return second === '' ? ASKING.reduce((sum, action) => sum + actions[action], 0) : actions[second as 'block']
}

function isOfOwnCode(figure: string): boolean {
  const [first, code = '', what = '', ...more] = figure.split('.')
  return first === 'byCode' && isOwnCode(code) && /^(?:raised|released)$/.test(what) && more.length === 0
}
