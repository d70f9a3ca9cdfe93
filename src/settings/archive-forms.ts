import { isIP } from 'node:net'
import { type Path, parseOperatorText } from './files/operator-file.ts'
import { compileSchema, type Fault } from './files/operator-schema.ts'
import { Secret } from './secret.ts'
import { type Form, FormError, list, secret, text } from './setting-forms.ts'
import { MAKE_TOKEN, SHORTEST_TOKEN, tokenList } from './token-lists.ts'

/** What a login of the desk may do; `feedback` is what `judge` was called. */
const MAY = ['read', 'judge', 'feedback', 'block', 'lead', 'audit', 'number'] as const
export type DeskRight = (typeof MAY)[number]
export type DeskRights = DeskRight | readonly DeskRight[]

/** Who may log in at the desk. */
export interface DeskToken {
  readonly name: string
  readonly token: Secret
  readonly may: DeskRights
}

const ALLOWED = `a list of {name, token, may: one or a list of read, judge, block, lead, audit and number}, each token of at least ${SHORTEST_TOKEN} characters; ${MAKE_TOKEN}`

/** One right or a list of them, which the schema cannot say together. */
const RIGHTS = {
  type: ['string', 'array'],
  private: true,
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', private: true, enum: MAY },
}

/** Words of the first kind that are no rights; `at` leads to each. */
function rightFaults(all: readonly (readonly [at: Path, right: unknown])[]): Fault[] {
  const message = `the value is not one of the values (allowed: ${MAY.join(', ')})`
  return all
    .filter(([, right]) => typeof right === 'string' && !MAY.some((one) => one === right))
    .map(([path]) => ({ path, message }))
}

const checkEntries = compileSchema({
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
      may: RIGHTS,
    },
  },
})

function checkTokens(value: unknown): readonly Fault[] {
  const faults = checkEntries(value)
  if (faults.length > 0) return faults
  return rightFaults((value as TokenEntry[]).map(({ may }, i) => [[i, 'may'], may]))
}

const checkRights = compileSchema({ type: 'object', minProperties: 1, additionalProperties: RIGHTS })

/** What those whose claim has a value may do at the desk; as JSON in the environment. */
export function claimRights(): Form<Readonly<Record<string, DeskRights>>> {
  const allowed = `{<value of the claim>: one or a list of ${MAY.join(', ')}}`
  return {
    allowed,
    secret: false,
    nullable: false,
    read: (raw, { fromText }) => {
      const value =
        fromText && typeof raw === 'string' ? parseOperatorText('value', raw).document?.value : raw
      const faults = [...checkRights(value)]
      if (faults.length === 0)
        faults.push(...rightFaults(Object.entries(value as object).map(([name, right]) => [[name], right])))
      if (faults.length > 0) throw new FormError(`gives no rights (allowed: ${allowed})`, faults)
      return value as Readonly<Record<string, DeskRights>>
    },
  }
}

/** A place of the web; without TLS on this machine alone, as a secret goes there. */
export function secureUrl(): Form<string> {
  return text(
    'an https:// URL without a login, or http:// on 127.0.0.1, [::1] or localhost',
    /^(?:https:\/\/[^\s@/?#]+|http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?)(?:\/[^\s@?#]*)?$/,
  )
}

/** An entry as written. */
type TokenEntry = { readonly name: string; readonly token: string; readonly may?: DeskRights }

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
