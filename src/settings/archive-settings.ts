import { isIP } from 'node:net'
import { DAY } from '../domain/time.ts'
import { optionalSetting, setting } from './setting.ts'
import { duration, fraction, int, list, path, secret, text } from './setting-forms.ts'
import { claimRights, deskTokens } from './token-forms.ts'

/** A URL that receives a secret: without TLS only on this machine. */
const secureUrl = text(
  'an https:// URL without a login, or http:// on 127.0.0.1, [::1] or localhost',
  /^(?:https:\/\/[^\s@/?#]+|http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?)(?:\/[^\s@?#]*)?$/,
)

/** A database URL. Never shown, as it may contain a password. */
const archiveUrl = secret(
  'postgres:// or postgresql://, host and database, for example postgres://sigwatch@127.0.0.1/sigwatch',
  isDatabase,
)

function isDatabase(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, pathname } = new URL(value)
  return ['postgres:', 'postgresql:'].includes(protocol) && pathname.length > 1
}

const NETWORK = 'an IP address, or a network as 10.0.0.0/8'

/** Addresses and networks in CIDR notation. */
const networks = list(NETWORK, isNetwork)

function isNetwork(value: string): boolean {
  const [, address = '', bits] = /^([\dA-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(value) ?? []
  const most = { 4: 32, 6: 128 }[isIP(address)]
  return most !== undefined && (bits === undefined || Number(bits) <= most)
}

export const ARCHIVE_SETTINGS = {
  'archive.url': optionalSetting(
    archiveUrl,
    'PostgreSQL database; `?sslmode=verify-full` encrypts and checks the server.',
  ),
  'archive.sample': setting(fraction(), 0.01, 'Share of the verdicts without an action that are archived.'),
  'archive.retention': setting(
    duration(150 * DAY, 3660 * DAY),
    180 * DAY,
    'How long rows are kept, by whole days (MIIT-31: at least five months).',
  ),
  'archive.queryTimeout': setting(
    duration(1_000, 3_600_000),
    60_000,
    'Time limit of a query of `desk`, `report`, `explain` or `label-export`.',
  ),

  'desk.host': setting(text('an address or host name'), '127.0.0.1', 'Address of the desk.'),
  'desk.port': setting(int(0, 65_535), 9465, 'Socket port of the desk; 0 takes a free one.'),
  'desk.tokens': optionalSetting(
    deskTokens,
    'Who may log in at the desk ([rights](desk.md#start-it)). The name is the `by` of feedback.',
  ),
  'desk.oidc.issuer': optionalSetting(
    secureUrl,
    'OpenID provider for logins ([desk.md](desk.md#logins-at-an-openid-provider)); goes with `clientId`, `clientSecret`, `url` and `rights`.',
  ),
  'desk.oidc.clientId': optionalSetting(text('text'), 'Client at the provider.'),
  'desk.oidc.clientSecret': optionalSetting(secret('text'), 'Its secret.'),
  'desk.oidc.url': optionalSetting(secureUrl, 'Where browsers open the desk.'),
  'desk.oidc.scope': setting(text('scopes with spaces between them'), 'openid profile', 'Scopes to ask for.'),
  'desk.oidc.name': setting(
    text('a claim'),
    'preferred_username',
    'Claim with the name of a person (`by` of feedback): 1 to 64 letters, digits, spaces, dots, _ or -.',
  ),
  'desk.oidc.claim': setting(
    text('a claim'),
    'groups',
    'Claim with the rights: a text or a list. Dots lead into objects (`realm_access.roles`).',
  ),
  'desk.oidc.rights': optionalSetting(claimRights, 'What its values allow. People without any are refused.'),
  'desk.calendar': optionalSetting(
    path('path of a YAML file'),
    'Calendar, as for `complaints --calendar`. Without it only weekends are not working days.',
  ),
  'letters.letterhead': optionalSetting(
    list('lines of text', /^[^\u0000-\u001f]+$/),
    'Lines at the top of letters.',
  ),
  'letters.fileNumber': setting(
    text(
      'text with {n}, and {year} where numbers begin again each year',
      /^[^\u0000-\u001f/]*\{n\}[^\u0000-\u001f/]*$/,
    ),
    'SW-{year}-{n}',
    'File number of letters: `{n}` counts up within the year.',
  ),
  'letters.contact': optionalSetting(text('text'), 'Where objections go: the last line of letters.'),
  'desk.trustedProxies': optionalSetting(
    networks,
    'Proxies whose `X-Forwarded-For` counts as the address of a login.',
  ),
} as const
