import type { Path } from './files/operator-file.ts'
import { compileSchema, type Fault, strict } from './files/operator-schema.ts'
import { Secret, type TokenKeySetting } from './secret.ts'
import { type Form, FormError, form, secretStructure, structure } from './setting-forms.ts'

/** A bearer token, its owner and the owner's rights. */
interface Token<May> {
  readonly name: string
  readonly token: Secret
  readonly may: May
}

/** Rights of a desk login; `feedback` is the former name of `judge`. */
const DESK_RIGHTS = ['read', 'judge', 'feedback', 'block', 'lead', 'audit', 'number'] as const
export type DeskRight = (typeof DESK_RIGHTS)[number]
export type DeskRights = DeskRight | readonly DeskRight[]

export const HTTP_RIGHTS = ['check', 'extract', 'decide', 'block', 'approve'] as const
export type HttpRight = (typeof HTTP_RIGHTS)[number]
export type HttpToken = Token<readonly HttpRight[]>

const SHORTEST_TOKEN = 24
const MAKE_TOKEN = 'make one: openssl rand -hex 24'

/** An entry as written. */
interface Entry<May> {
  readonly name: string
  readonly token: string
  readonly may: May
}

const rights = (all: readonly string[]) => ({
  private: true,
  minItems: 1,
  items: { type: 'string', private: true, enum: all },
})
const HTTP_MAY = { ...rights(HTTP_RIGHTS), type: 'array' }
/** One right or a list. The schema checks only the lists; `rightFaults` checks single rights. */
const DESK_MAY = { ...rights(DESK_RIGHTS), type: ['string', 'array'], uniqueItems: true }

/** A list of `{name, token, may}`, as JSON in the environment. Never shows a token. `faultsIn`: checks beyond the schema. */
function tokenList<Written, May>(
  { allowed, may, required }: { allowed: string; may: object; required: readonly string[] },
  faultsIn: (entries: readonly Entry<Written>[]) => readonly Fault[],
  mayOf: (written: Written) => May,
): Form<readonly Token<May>[]> {
  const check = compileSchema({
    type: 'array',
    private: true,
    minItems: 1,
    items: strict(
      {
        name: { type: 'string', private: true, format: 'user' },
        token: { type: 'string', private: true, minLength: SHORTEST_TOKEN },
        may,
      },
      required,
      { private: true },
    ),
  })
  const faultsOf = (value: unknown): readonly Fault[] => {
    const faults = check(value)
    if (faults.length > 0) return faults.map(withRemedy)
    const entries = value as readonly Entry<Written>[]
    const more = faultsIn(entries)
    return more.length > 0 ? more : [...repeats(entries, 'name'), ...repeats(entries, 'token')]
  }
  return secretStructure(allowed, faultsOf, (entries: readonly Entry<Written>[]) =>
    entries.map(({ name, token, may }) => ({ name, token: new Secret(token), may: mayOf(may) })),
  )
}

function withRemedy(fault: Fault): Fault {
  return fault.path.at(-1) === 'token' ? { ...fault, message: `${fault.message}; ${MAKE_TOKEN}` } : fault
}

/** Entries whose name or token repeats an earlier one. */
function repeats(entries: readonly Entry<unknown>[], key: 'name' | 'token'): Fault[] {
  return entries.flatMap((entry, index) => {
    const first = entries.findIndex((other) => other[key] === entry[key])
    return first < index
      ? [{ path: [index, key], message: `is also that of entry ${first + 1}: use another` }]
      : []
  })
}

/** Faults for texts that are not rights; `at`: path of each. */
function rightFaults(all: readonly (readonly [at: Path, right: unknown])[]): Fault[] {
  const message = `the value is not allowed (allowed: ${DESK_RIGHTS.join(', ')})`
  return all
    .filter(([, right]) => typeof right === 'string' && !DESK_RIGHTS.some((one) => one === right))
    .map(([path]) => ({ path, message }))
}

/** `desk.tokens`. `may` defaults to `read`. */
export const deskTokens = tokenList<DeskRights | undefined, DeskRights>(
  {
    allowed: `a list of {name, token, may: one or a list of read, judge, block, lead, audit and number}, each token of at least ${SHORTEST_TOKEN} characters; ${MAKE_TOKEN}`,
    may: DESK_MAY,
    required: ['name', 'token'],
  },
  (entries) => rightFaults(entries.map(({ may }, i) => [[i, 'may'], may])),
  (may = 'read') => may,
)

export const httpTokens = tokenList<readonly HttpRight[], readonly HttpRight[]>(
  {
    allowed: `a list of {name, token, may: [${HTTP_RIGHTS.join(', ')}]}, each token of at least ${SHORTEST_TOKEN} characters`,
    may: HTTP_MAY,
    required: ['name', 'token', 'may'],
  },
  () => [],
  (may) => [...new Set(may)],
)

const checkRights = compileSchema({ type: 'object', minProperties: 1, additionalProperties: DESK_MAY })

/** `desk.oidc.rights`: desk rights by the value of a claim. */
export const claimRights = structure<Readonly<Record<string, DeskRights>>>(
  `{<value of the claim>: one or a list of ${DESK_RIGHTS.join(', ')}}`,
  (value) => {
    const faults = checkRights(value)
    if (faults.length > 0) return faults
    return rightFaults(Object.entries(value as object).map(([name, right]) => [[name], right]))
  },
)

const KEY_BYTES = 32
const MAKE_KEY = 'make one: openssl rand -hex 32'

/** `<key>` or `<keyId>:<key>`; the id defaults to 1. */
export function tokenKey(): Form<TokenKeySetting> {
  const allowed = `<key> or <keyId>:<key>, the key of at least ${KEY_BYTES} bytes; ${MAKE_KEY}`
  return form(
    allowed,
    (raw) => {
      if (typeof raw === 'number') throw new FormError('must be text: put it in quotes')
      if (typeof raw !== 'string' || raw === '') throw new FormError(`is empty (allowed: ${allowed})`)
      const colon = raw.indexOf(':')
      const keyId = colon < 0 ? '1' : raw.slice(0, colon)
      const key = raw.slice(colon + 1)
      if (!/^[A-Za-z0-9_-]{1,32}$/.test(keyId)) {
        throw new FormError('the id before the colon must have 1 to 32 letters, digits, _ or -')
      }
      const bytes = Buffer.byteLength(key)
      if (bytes < KEY_BYTES) {
        throw new FormError(`the key has ${bytes} bytes, at least ${KEY_BYTES} are needed; ${MAKE_KEY}`)
      }
      return { keyId, key: new Secret(key) }
    },
    true,
  )
}

/** Token keys: a list in a file, separated by commas in the environment. */
export function tokenKeys(): Form<readonly TokenKeySetting[]> {
  const item = tokenKey()
  const allowed = `a list of ${item.allowed}; separated by commas in the environment`
  return form(
    allowed,
    (raw, reading) => {
      const items = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw
      if (!Array.isArray(items) || items.length === 0)
        throw new FormError(`must be a list (allowed: ${allowed})`)
      return items.map((part) => item.read(part, reading))
    },
    true,
  )
}
