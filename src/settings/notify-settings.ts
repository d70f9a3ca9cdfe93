import { type NotifyRule, notifyRules } from './notify-forms.ts'
import type { Secret } from './secret.ts'
import { setting } from './setting.ts'
import { choice, list, optional, secret, text } from './setting-forms.ts'

const BASE = /^https?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?(?:\/[\w./~-]*)?$/
const BASE_FORM = 'http:// or https://, a host and a path without user, query or fragment'

/** Alerts to people, by Alertmanager. */
export const NOTIFY_SETTINGS = {
  'notify.alertmanagers': setting<readonly string[] | null>(
    optional(list(BASE_FORM, BASE)),
    null,
    'Where `sigwatch notify` posts ([notify.md](notify.md)): every Alertmanager of a cluster. No other host is asked, and no redirect followed.',
  ),
  'notify.token': setting<Secret | null>(
    optional(secret('text')),
    null,
    'Sent to them as `Authorization: Bearer`.',
  ),
  'notify.least': setting(
    choice(['review', 'throttle', 'block']),
    'review',
    'States that ask for less are not posted.',
  ),
  'notify.rules': setting<readonly NotifyRule[]>(
    notifyRules(),
    [],
    'Rules over many alerts: `{name, code, by: all, brand, signature, domain or port, more, within, severity}` ([notify.md](notify.md)).',
    { shown: 'none' },
  ),
  'notify.desk': setting<string | null>(
    optional(text(BASE_FORM, BASE)),
    null,
    'Address of the desk, for the links of what is posted.',
  ),
} as const
