import { isIP } from 'node:net'
import { compileSchema } from './files/operator-schema.ts'
import { Secret } from './secret.ts'
import { type Form, FormError, list, secret } from './setting-forms.ts'
import { MAKE_TOKEN, SHORTEST_TOKEN, tokenList } from './token-lists.ts'

/** What a login of the desk may do; `feedback` is what `judge` was called. */
const MAY = ['read', 'judge', 'feedback', 'block', 'lead', 'audit'] as const
export type DeskRight = (typeof MAY)[number]

/** Who may log in at the desk. */
export interface DeskToken {
  readonly name: string
  readonly token: Secret
  readonly may: DeskRight
}

const ALLOWED = `a list of {name, token, may: read, judge, block, lead or audit}, each token of at least ${SHORTEST_TOKEN} characters; ${MAKE_TOKEN}`

const checkTokens = compileSchema({
  type: 'array',
  private: true,
  minItems: 1,
  items: {
    type: 'object',
    private: true,
    additionalProperties: false,
    required: ['name', 'token'],
    properties: {
      name: { type: 'string', private: true, format: 'user' },
      token: { type: 'string', private: true, minLength: SHORTEST_TOKEN },
      may: { type: 'string', private: true, enum: MAY },
    },
  },
})

/** An entry as written. */
type TokenEntry = { readonly name: string; readonly token: string; readonly may?: DeskRight }

/** A list of `{name, token, may}`; as JSON in the environment. Tokens are never shown. */
export function deskTokens(): Form<readonly DeskToken[]> {
  return tokenList(
    { what: 'list of desk tokens', allowed: ALLOWED, check: checkTokens },
    ({ name, token, may = 'read' }: TokenEntry) => ({ name, token: new Secret(token), may }),
  )
}

/** The address of a database; it may hold a password and is never shown. */
export function archiveUrl() {
  return secret(
    'postgres:// or postgresql://, host and database, for example postgres://sigwatch@127.0.0.1/sigwatch',
    isDatabase,
  )
}

function isDatabase(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, pathname } = new URL(value)
  return ['postgres:', 'postgresql:'].includes(protocol) && pathname.length > 1
}

const NETWORK = 'an IP address, or a network as 10.0.0.0/8'

/** Addresses and networks in CIDR notation. */
export function networks(): Form<readonly string[]> {
  const items = list(NETWORK, /^[0-9A-Fa-f.:]+(?:\/\d{1,3})?$/)
  return {
    ...items,
    read: (raw, reading) => {
      const values = items.read(raw, reading)
      const wrong = values.find((value) => !isNetwork(value))
      if (wrong !== undefined) throw new FormError(`"${wrong}" is not allowed (allowed: ${NETWORK})`)
      return values
    },
  }
}

function isNetwork(value: string): boolean {
  const [address = '', bits] = value.split('/')
  const most = { 4: 32, 6: 128 }[isIP(address)]
  return most !== undefined && (bits === undefined || Number(bits) <= most)
}
