import { given } from '../../domain/given.ts'
import type { Tokenise } from '../../domain/token.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'

/** A message to decide on. Absent fields are unknown; an empty text or list means that there is none. */
export interface Submission {
  readonly id: string
  readonly from: string
  /** The recipient as given, or its token. */
  readonly to?: string | undefined
  readonly toToken?: string | undefined
  /** Without brackets. */
  readonly signature?: string | undefined
  /** Host names of the links in the text. */
  readonly hosts?: readonly string[] | undefined
  /** The segment of a concatenated SMS. */
  readonly part?: { readonly ref: string; readonly count: number } | undefined
}

export type Tokenisers = ReadonlyMap<string, Tokenise>

/** A submission in canonical form for comparison; tokens are computed on demand. */
export class Asked {
  readonly from: string
  readonly signature: string | undefined
  readonly hosts: readonly string[] | undefined
  readonly #message: Submission
  readonly #tokenisers: Tokenisers
  readonly #tokens = new Map<string, string | undefined>()

  constructor(message: Submission, tokenisers: Tokenisers) {
    this.#message = message
    this.#tokenisers = tokenisers
    this.from = canonicalNumber(message.from)
    this.signature = message.signature
    this.hosts = message.hosts?.map(hostName)
  }

  /** The recipient's token under this key; undefined if it cannot be determined. */
  token(keyId: string): string | undefined {
    if (this.#tokens.has(keyId)) return this.#tokens.get(keyId)
    const { to, toToken } = this.#message
    let token: string | undefined
    if (toToken !== undefined) token = keyIdOf(toToken) === keyId ? toToken : undefined
    else if (to !== undefined) token = this.#tokenisers.get(keyId)?.(canonicalNumber(to))
    this.#tokens.set(keyId, token)
    return token
  }

  /** The recipient's tokens under all keys; empty: it may be any recipient. */
  tokens(): readonly string[] {
    return [...this.#tokenisers.keys()].flatMap((id) => this.token(id) ?? [])
  }
}

/** The id of a token's key; ids may contain dots. */
export const keyIdOf = (token: string) => token.slice(0, Math.max(0, token.lastIndexOf('.')))

const hostName = (name: string) => name.toLowerCase().replace(/\.$/, '')

/** `unknown`: the member can only be evaluated by sigwatch, or is from a later version. */
export type Holds = 'yes' | 'no' | 'unknown'

type Test = (asked: Asked) => Holds

export interface CompiledMatch {
  /** Index keys: those of one member that must hold, and the name of that member. */
  readonly keys: readonly string[]
  readonly recipient?: { readonly keyId: string; readonly token: string; readonly isKeyKnown: boolean }
  /** `no` if any member does not hold; `unknown` if none fails and one cannot be evaluated. */
  readonly test: Test
}

const says = (holds: boolean): Holds => (holds ? 'yes' : 'no')
const UNKNOWN: Test = () => 'unknown'
const isText = (value: unknown): value is string => typeof value === 'string'
const areTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText)

/** `106900*` covers every port with that prefix. */
function portTest(patterns: readonly string[]): (port: string) => boolean {
  const exact = new Set(patterns.filter((one) => !one.endsWith('*')).map(canonicalNumber))
  const prefixes = patterns.filter((one) => one.endsWith('*')).map((one) => canonicalNumber(one.slice(0, -1)))
  return (port) => exact.has(port) || prefixes.some((prefix) => port.startsWith(prefix))
}

function domainTest(names: readonly string[]): Test {
  const domains = new Set(names.map(hostName))
  return ({ hosts }) => {
    if (hosts === undefined) return 'unknown'
    return says(hosts.some((host) => [...enclosingNames(host)].some((name) => domains.has(name))))
  }
}

function tokenTest(expected: string): Test {
  const keyId = keyIdOf(expected)
  return (asked) => {
    const token = asked.token(keyId)
    return token === undefined ? 'unknown' : says(token === expected)
  }
}

/** A member of an unexpected form is treated as unknown. */
function testOf(member: string, value: unknown): Test {
  switch (member) {
    case 'signature':
      if (!isText(value)) break
      return ({ signature }) => (signature === undefined ? 'unknown' : says(signature === value))
    case 'ports':
    case 'exceptPorts': {
      if (!areTexts(value)) break
      const holds = portTest(value)
      return ({ from }) => says(holds(from) === (member === 'ports'))
    }
    case 'domains':
      return areTexts(value) ? domainTest(value) : UNKNOWN
    case 'toToken':
      return isText(value) ? tokenTest(value) : UNKNOWN
  }
  return UNKNOWN
}

/** Key of a match that has nothing to index. */
const ANY = '*'

/** Undefined if it has no member and so matches nothing. */
export function compileMatch(match: unknown, tokenisers: Tokenisers): CompiledMatch | undefined {
  if (typeof match !== 'object' || match === null || Array.isArray(match)) return undefined
  const members = Object.entries(match)
  if (members.length === 0) return undefined
  const tests = members.map(([member, value]) => testOf(member, value))
  return {
    keys: keysOf(match, tokenisers),
    ...given({ recipient: recipientOf(match, tokenisers) }),
    test(asked) {
      let holds: Holds = 'yes'
      for (const test of tests) {
        const one = test(asked)
        if (one === 'no') return 'no'
        if (one === 'unknown') holds = 'unknown'
      }
      return holds
    },
  }
}

function recipientOf({ toToken }: { readonly toToken?: unknown }, tokenisers: Tokenisers) {
  if (!isText(toToken)) return undefined
  const keyId = keyIdOf(toToken)
  return { keyId, token: toToken, isKeyKnown: tokenisers.has(keyId) }
}

function keysOf(match: object, tokenisers: Tokenisers): readonly string[] {
  const { toToken, domains, signature, ports } = match as Readonly<Record<string, unknown>>
  if (areTexts(domains)) return ['domain', ...new Set(domains.map((domain) => `domain:${hostName(domain)}`))]
  if (isText(signature)) return ['signature', `signature:${signature}`]
  if (areTexts(ports) && !ports.some((port) => port.endsWith('*')))
    return [...new Set(ports.map((port) => `port:${canonicalNumber(port)}`))]
  // A token under an unknown key may belong to any recipient.
  return isText(toToken) && tokenisers.has(keyIdOf(toToken)) ? ['token', `token:${toToken}`] : [ANY]
}

/** All keys under which a match may hold; for an unknown member, all matches indexed by that member. */
export function* keysFor(asked: Asked, withTokens: boolean): Generator<string> {
  yield ANY
  yield `port:${asked.from}`
  yield asked.signature === undefined ? 'signature' : `signature:${asked.signature}`
  if (asked.hosts === undefined) yield 'domain'
  else for (const host of asked.hosts) for (const name of enclosingNames(host)) yield `domain:${name}`
  if (!withTokens) return
  const tokens = asked.tokens()
  if (tokens.length === 0) yield 'token'
  for (const token of tokens) yield `token:${token}`
}

/** A host and its parent domains, including the top-level domain. */
function* enclosingNames(host: string): Generator<string> {
  yield host
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1)
}
