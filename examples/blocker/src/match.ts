import { createHmac } from 'node:crypto'

/** A message as the gateway has it when it asks. What is absent is not known; an empty text or list says that there is none. */
export interface Submission {
  readonly id: string
  readonly from: string
  /** The recipient as it is, or its token. */
  readonly to?: string | undefined
  readonly toToken?: string | undefined
  /** Without brackets. */
  readonly signature?: string | undefined
  /** Host names of the links in the text. */
  readonly hosts?: readonly string[] | undefined
  /** Which segment of a concatenated SMS it is. */
  readonly part?: { readonly ref: string; readonly count: number } | undefined
  /** The verdict of sigwatch on this message, where the gateway waits for one. */
  readonly verdict?: { readonly action?: string | undefined; readonly states?: readonly string[] | undefined }
}

/** Key of the tokens: `<keyId>:<key>` or `<key>`, the same as `privacy.tokenKey` of sigwatch. */
export interface TokenKey {
  readonly keyId: string
  readonly key: string
}

/** A bare key has the id 1. */
export function tokenKeyOf(setting: string): TokenKey {
  const colon = setting.indexOf(':')
  return { keyId: colon < 0 ? '1' : setting.slice(0, colon), key: setting.slice(colon + 1) }
}

/** A number in the one form in which numbers are compared. */
export function canonical(number: string): string {
  const digits = number.normalize('NFKC').replace(/[\s+]/g, '').replace(/^00/, '')
  if (!/^\d+$/.test(digits)) return number
  return /^86(106|1\d{10}$)/.test(digits) ? digits.slice(2) : digits
}

/** `<keyId>.<base64url of the first 16 bytes of HMAC-SHA-256(key, canonical number)>` */
export function tokenOf(recipient: string, { keyId, key }: TokenKey): string {
  const hash = createHmac('sha256', Buffer.from(key, 'utf8')).update(canonical(recipient), 'utf8').digest()
  return `${keyId}.${hash.subarray(0, 16).toString('base64url')}`
}

/** Which key made a token: an id may have dots itself. */
export const keyIdOf = (token: string) => token.slice(0, Math.max(0, token.lastIndexOf('.')))

export type Match = Readonly<Record<string, unknown>>

/** `unknown`: a member that only sigwatch can evaluate, or one of a later version. */
export type Holds = 'yes' | 'no' | 'unknown'

type Test = (value: never, message: Submission, token: string | undefined) => Holds

const says = (holds: boolean | undefined): Holds => (holds === undefined ? 'unknown' : holds ? 'yes' : 'no')

/** `106900*` stands for every port that begins so. */
function portMatches(pattern: string, port: string): boolean {
  return pattern.endsWith('*')
    ? port.startsWith(canonical(pattern.slice(0, -1)))
    : canonical(pattern) === port
}

/** The one form in which names of hosts are compared. */
const hostName = (name: string) => name.toLowerCase().replace(/\.$/, '')

function isBelow(host: string, domain: string): boolean {
  return `.${hostName(host)}`.endsWith(`.${hostName(domain)}`)
}

const isText = (value: unknown) => typeof value === 'string'
const areTexts = (value: unknown) => Array.isArray(value) && value.every(isText)
/** What a member has to be; of another form it cannot be told. */
const FORMS: Readonly<Record<string, (value: unknown) => boolean>> = {
  signature: isText,
  ports: areTexts,
  exceptPorts: areTexts,
  domains: areTexts,
  toToken: isText,
}

const TESTS: Readonly<Record<string, Test>> = {
  signature: (name: string, { signature }) => says(signature === undefined ? undefined : signature === name),
  ports: (ports: string[], { from }) => says(ports.some((port) => portMatches(port, canonical(from)))),
  exceptPorts: (ports: string[], { from }) => says(!ports.some((port) => portMatches(port, canonical(from)))),
  domains: (domains: string[], { hosts }) =>
    says(hosts?.some((host) => domains.some((domain) => isBelow(host, domain)))),
  toToken: (expected: string, _message, token) =>
    // A token of another key says nothing about this recipient.
    token === undefined || keyIdOf(token) !== keyIdOf(expected) ? 'unknown' : says(token === expected),
}

function isKnown(member: string, value: unknown): boolean {
  return Object.hasOwn(FORMS, member) && FORMS[member]!(value)
}

/** The conjunction: `no` as soon as one member does not hold; `unknown` when none fails and one cannot be told. */
export function matches(match: Match, message: Submission, token: string | undefined): Holds {
  let holds: Holds = 'yes'
  for (const [member, value] of Object.entries(match)) {
    const test = isKnown(member, value) ? TESTS[member] : undefined
    const one = test ? test(value as never, message, token) : 'unknown'
    if (one === 'no') return 'no'
    if (one === 'unknown') holds = 'unknown'
  }
  return holds
}

/** Of a match that names nothing to look it up by. */
const ANY = '*'

/** The keys of an index under which a match is found: those of one member that must hold, and the name of that member. */
export function keysOf(match: Match): string[] {
  const known = Object.fromEntries(Object.entries(match).filter(([member, value]) => isKnown(member, value)))
  const { toToken, domains, signature, ports } = known as {
    toToken?: string
    domains?: string[]
    signature?: string
    ports?: string[]
  }
  if (domains) return ['domain', ...domains.map((domain) => `domain:${hostName(domain)}`)]
  if (signature !== undefined) return ['signature', `signature:${signature}`]
  if (ports && !ports.some((port) => port.endsWith('*')))
    return ports.map((port) => `port:${canonical(port)}`)
  return toToken === undefined ? [ANY] : ['token', `token:${toToken}`]
}

/** Every key under which a match may hold for a message: of a member that is not known, all of that member. */
export function keysFor(message: Submission, token: string | undefined): string[] {
  const { from, signature, hosts } = message
  const keys = [ANY, `port:${canonical(from)}`]
  keys.push(signature === undefined ? 'signature' : `signature:${signature}`)
  keys.push(token === undefined ? 'token' : `token:${token}`)
  if (!hosts) keys.push('domain')
  for (const host of hosts ?? []) {
    const name = hostName(host)
    keys.push(`domain:${name}`)
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
      keys.push(`domain:${name.slice(dot + 1)}`)
  }
  return keys
}
