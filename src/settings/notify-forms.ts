import { CODE_NAMES } from '../domain/codes.ts'
import { parseOperatorText } from './files/operator-file.ts'
import { compileSchema, show, suggestion } from './files/operator-schema.ts'
import { parseDuration } from './files/value-forms.ts'
import { type Form, FormError } from './setting-forms.ts'

const COUNTED_BY = ['all', 'brand', 'signature', 'domain', 'port'] as const

/** A rule about many alerts: `code` more than `more` times within `within` ms, counted together or by one of their members. */
export interface NotifyRule {
  readonly name: string
  readonly code: string
  readonly by: (typeof COUNTED_BY)[number]
  readonly more: number
  /** ms */
  readonly within: number
  readonly severity: 'critical' | 'warning'
}

const CODES: ReadonlySet<string> = new Set(CODE_NAMES)
/** Of the operator's own rules. */
const OWN_CODE = /^OP_[A-Z0-9_]+$/

const check = compileSchema({
  type: 'array',
  maxItems: 100,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'code', 'more', 'within'],
    properties: {
      name: { type: 'string', format: 'id' },
      code: { type: 'string' },
      by: { type: 'string', enum: COUNTED_BY },
      more: { type: 'integer', minimum: 1, maximum: 10_000 },
      within: { type: 'string', format: 'duration' },
      severity: { type: 'string', enum: ['critical', 'warning'] },
    },
  },
})

/** A list of `{name, code, by, more, within, severity}`; as JSON or YAML in the environment. */
export function notifyRules(): Form<readonly NotifyRule[]> {
  return {
    allowed: 'a list of {name, code, by, more, within, severity}',
    secret: false,
    nullable: false,
    read: (raw, { fromText }) => {
      const value =
        fromText && typeof raw === 'string' ? parseOperatorText('value', raw).document?.value : raw
      const faults = [...check(value)]
      if (faults.length === 0)
        for (const [index, { code }] of (value as NotifyRule[]).entries())
          if (!CODES.has(code) && !OWN_CODE.test(code))
            faults.push({
              path: [index, 'code'],
              message: `${show(code)} is no code${suggestion(code, CODE_NAMES)}`,
            })
      if (faults.length > 0) throw new FormError('is no list of rules', faults)
      return (value as (Omit<NotifyRule, 'within'> & { readonly within: string })[]).map(
        ({ by = 'all', severity = 'warning', within, ...rule }) => ({
          ...rule,
          by,
          severity,
          within: parseDuration(within)!,
        }),
      )
    },
  }
}
