import { DAY } from '../domain/time.ts'
import { archiveUrl, type DeskToken, deskTokens, networks } from './archive-forms.ts'
import type { Secret } from './secret.ts'
import { setting } from './setting.ts'
import { duration, fraction, int, optional, text } from './setting-forms.ts'

/** What `archive`, and who reads it, is configured by. */
export const ARCHIVE_SETTINGS = {
  'archive.url': setting<Secret | null>(
    optional(archiveUrl()),
    null,
    'PostgreSQL database of `archive`, for example `postgres://sigwatch@127.0.0.1/sigwatch`. With `?sslmode=verify-full` the connection is encrypted and the server is checked.',
  ),
  'archive.sample': setting(
    fraction(),
    0.01,
    'Share of the verdicts without an action that are archived, by a hash of their id: always the same ones.',
  ),
  'archive.retention': setting(
    duration(150 * DAY, 3660 * DAY),
    180 * DAY,
    'How long rows are kept. MIIT-31 asks for five months; days beyond it are dropped whole.',
  ),
  'archive.queryTimeout': setting(
    duration(1_000, 3_600_000),
    60_000,
    'How long a query of `desk`, `report`, `explain` or `label-export` may take before PostgreSQL ends it.',
  ),

  'desk.host': setting(text('an address or host name'), '127.0.0.1', 'Address of the desk.'),
  'desk.port': setting(int(0, 65_535), 9465, 'Socket port of the desk; 0 takes a free one.'),
  'desk.tokens': setting<readonly DeskToken[] | null>(
    optional(deskTokens()),
    null,
    'Who may log in at the desk: `read` looks; `judge` (or `feedback`) judges; `block` also blocks by hand; `lead` also undoes what others said; `audit` looks. The name is the `by` of feedback.',
  ),
  'desk.trustedProxies': setting<readonly string[] | null>(
    optional(networks()),
    null,
    'Proxies before the desk, whose `X-Forwarded-For` says who asks. Wrong logins are limited and noted by that address, else by the one that connects.',
  ),
} as const
