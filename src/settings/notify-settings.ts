import { compileSchema, strict } from './files/operator-schema.ts'
import { parseDuration } from './files/value-forms.ts'
import { optionalSetting, setting } from './setting.ts'
import { choice, list, secret, structure, text } from './setting-forms.ts'

const COUNTED_BY = ['all', 'brand', 'signature', 'domain', 'port'] as const

/** Fires on more than `more` alerts of `code` within `within` ms, counted in total or per value of `by`. */
export interface NotifyRule {
  readonly name: string
  readonly code: string
  readonly by: (typeof COUNTED_BY)[number]
  readonly more: number
  /** ms */
  readonly within: number
  readonly severity: 'critical' | 'warning'
}

/** A rule as configured: `by` and `severity` are optional, `within` is a duration. */
type WrittenRule = Omit<NotifyRule, 'within' | 'by' | 'severity'> &
  Partial<Pick<NotifyRule, 'by' | 'severity'>> & { readonly within: string }

const checkRules = compileSchema({
  type: 'array',
  maxItems: 100,
  items: strict(
    {
      name: { type: 'string', format: 'id' },
      code: { type: 'string', format: 'code' },
      by: { type: 'string', enum: COUNTED_BY },
      more: { type: 'integer', minimum: 1, maximum: 10_000 },
      within: { type: 'string', format: 'duration' },
      severity: { type: 'string', enum: ['critical', 'warning'] },
    },
    ['name', 'code', 'more', 'within'],
  ),
})

const notifyRules = structure<readonly WrittenRule[], readonly NotifyRule[]>(
  'a list of {name, code, by, more, within, severity}',
  checkRules,
  (rules) =>
    rules.map((rule) => ({ by: 'all', severity: 'warning', ...rule, within: parseDuration(rule.within)! })),
)

const BASE = /^https?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?(?:\/[\w./~-]*)?$/
const BASE_FORM = 'http:// or https://, a host and a path without user, query or fragment'

/** `notify.*`: notifications through Alertmanager. */
export const NOTIFY_SETTINGS = {
  'notify.alertmanagers': optionalSetting(
    list(BASE_FORM, BASE),
    'Where `sigwatch notify` posts ([notify.md](notify.md)): every Alertmanager of a cluster.',
  ),
  'notify.token': optionalSetting(secret('text'), 'Sent to them as `Authorization: Bearer`.'),
  'notify.least': setting(
    choice(['review', 'throttle', 'block']),
    'review',
    'States that ask for less are not posted.',
  ),
  'notify.rules': setting(
    notifyRules,
    [],
    'Rules over many alerts; `by` is all, brand, signature, domain or port.',
    { shown: 'none' },
  ),
  'notify.desk': optionalSetting(text(BASE_FORM, BASE), 'Address of the desk, for links.'),
} as const
