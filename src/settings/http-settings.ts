import { type HttpToken, httpTokens } from './http-forms.ts'
import type { Secret } from './secret.ts'
import { setting } from './setting.ts'
import { choice, int, optional, secret, text } from './setting-forms.ts'

/** The server of metrics, health and questions. */
export const HTTP_SETTINGS = {
  'http.host': setting(
    text('an address or host name'),
    '127.0.0.1',
    'Address of metrics and health; `0.0.0.0` for all.',
  ),
  'http.port': setting(int(0, 65_535), 9464, 'Socket port of metrics and health; 0 takes a free one.', {
    shown: '9464 (embedded mode: no server unless given)',
  }),
  'http.check.token': setting<Secret | null>(
    optional(secret('1 to 512 letters, digits or -._~+/=', (token) => /^[\w.~+/=-]{1,512}$/.test(token))),
    null,
    'Switches on `POST /v1/check`, and is what its callers send as `Authorization: Bearer` ([check.md](check.md)).',
    { shown: 'none: off' },
  ),
  'http.tokens': setting<readonly HttpToken[] | null>(
    optional(httpTokens()),
    null,
    'Who may ask and order over HTTP: `{name, token, may: [check, extract, decide, block, approve]}` ([check.md](check.md), [blocking.md](blocking.md#extraction), [blocker.md](blocker.md), [manual-blocks.md](manual-blocks.md)). The configuration file is looked at again on SIGHUP and when it changes; the list is then exchanged whole (`tokens_loaded`). To switch it off takes a restart.',
    { shown: 'none: off' },
  ),
  'manual.approval': setting(
    choice(['none', 'required']),
    'none',
    '`required`: what is blocked by hand asks for nothing until a second token approves it.',
  ),
} as const
