import type { Code } from './codes.ts'
import { type Match, senderId, type Target } from './decision.ts'
import { given } from './given.ts'
import type { AnalysedMessage } from './message.ts'
import { portMatches } from './registry.ts'
import type { TaughtLabel } from './templates.ts'

/**
 * Suppresses codes for a target or match until a time: a false alarm reported by an analyst, or an exemption given in advance.
 */
export interface Allowance {
  /** Derived from what it covers: a later row for the same replaces an earlier one. */
  readonly id: string
  readonly codes: readonly Code[]
  /** Event time, epoch ms. */
  readonly until: number
  /** What it covers: the messages selected by a conjunction, or those of a target. */
  readonly of: { readonly match: Match } | { readonly target: Target }
}

/** Basis of an alert on a message. Used to find similar messages when an analyst gives feedback on it. */
export interface AlertedMessage {
  readonly id: string
  readonly codes: readonly Code[]
  /** Same sender and template; absent if the text is too short to have one. */
  readonly match?: Match
  /** What is learned if the alert is confirmed; absent: nothing. */
  readonly teaches?: Teaching
}

export interface Teaching {
  /** See `writtenSketch` of text/word-sketch.ts. */
  readonly sketch: string
  /** Label of the known template that the message resembles. */
  readonly label?: TaughtLabel
}

/** The fields of a message that a `match` tests. */
export type Matchable = Pick<AnalysedMessage, 'from' | 'toToken' | 'label' | 'bands' | 'signature' | 'urls'> &
  Partial<Pick<AnalysedMessage, 'memo'>>

/** Whether every member present in a `match` holds for the message. */
export function matchHolds(match: Match, message: Matchable): boolean {
  const { signature, ports, exceptPorts, domains, campaign, toToken, labels, template } = match
  const brand = match['brand-claim']
  const { from } = message
  return (
    (toToken === undefined || toToken === message.toToken) &&
    (labels === undefined || labels.includes(message.label)) &&
    (campaign === undefined || message.bands.includes(campaign)) &&
    (template === undefined || message.bands.includes(template)) &&
    (brand === undefined || claims(message, brand)) &&
    (signature === undefined ||
      message.signature?.name === signature ||
      message.signature?.key === signature) &&
    (ports === undefined || ports.some((port) => portMatches(port, from))) &&
    !exceptPorts?.some((port) => portMatches(port, from)) &&
    (domains === undefined ||
      message.urls.some(({ host }) => domains.some((d) => host === d || host.endsWith(`.${d}`))))
  )
}

function claims({ memo }: Matchable, brand: string): boolean {
  const named = memo?.named
  return named?.spoken?.brand.id === brand || named?.mention?.brand.id === brand
}

/** A match on a message's sender and template; undefined if it has no template. */
export function likeOf({ signature, from, bands }: Matchable): Match | undefined {
  const [campaign] = bands
  if (campaign === undefined) return undefined
  return { ...given({ signature: signature?.name }), ports: [from], campaign }
}

/** The host and its parent domains, down to the top-level domain. */
export function* enclosing(host: string): Generator<string> {
  yield host
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1)
}

/** Every target that a message belongs to, as `<kind>:<id>`. */
export function targetsOf(message: Matchable & Pick<AnalysedMessage, 'id'>): string[] {
  const { id, from, signature, bands, toToken, urls } = message
  const targets = new Set([
    `message:${id}`,
    `port:${from}`,
    `sender:${senderId(signature?.name, from)}`,
    `recipient:${toToken}`,
  ])
  if (signature) targets.add(`signature:${signature.name}`).add(`signature:${signature.key}`)
  for (const band of bands) targets.add(`campaign:${band}`)
  for (const { host } of urls) for (const domain of enclosing(host)) targets.add(`domain:${domain}`)
  return [...targets]
}
