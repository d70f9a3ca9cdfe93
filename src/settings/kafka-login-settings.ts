import type { Secret } from './secret.ts'
import { setting } from './setting.ts'
import { choice, optional, secret, text } from './setting-forms.ts'

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const

/** How to log in to the brokers. */
export const KAFKA_LOGIN_SETTINGS = {
  'kafka.sasl.mechanism': setting<(typeof MECHANISMS)[number] | null>(
    optional(choice(MECHANISMS)),
    null,
    'How to log in to the brokers; goes with `username` and `password`, `oauthbearer` with `kafka.sasl.oauth.*`.',
  ),
  'kafka.sasl.username': setting<string | null>(optional(text('text')), null, 'User of the brokers.'),
  'kafka.sasl.password': setting<Secret | null>(optional(secret('text')), null, 'Password of that user.'),
  'kafka.sasl.oauth.tokenEndpoint': setting<string | null>(
    optional(
      text(
        'an http:// or https:// URL without a login, for example https://login.example/oauth2/token',
        /^https?:\/\/[^\s@/]+(?:\/[^\s@]*)?$/,
      ),
    ),
    null,
    'Where the token for `oauthbearer` is fetched, by the grant of client credentials. It is fetched again when a fifth of its time is left, or 15 s. Other authorities than those of Node: `NODE_EXTRA_CA_CERTS`.',
  ),
  'kafka.sasl.oauth.clientId': setting<string | null>(
    optional(text('text')),
    null,
    'Client at the token endpoint (HTTP Basic).',
  ),
  'kafka.sasl.oauth.clientSecret': setting<Secret | null>(
    optional(secret('text')),
    null,
    'Secret of that client.',
  ),
  'kafka.sasl.oauth.scope': setting<string | null>(
    optional(text('scopes with spaces between them')),
    null,
    'Scope that is asked for.',
  ),
} as const
