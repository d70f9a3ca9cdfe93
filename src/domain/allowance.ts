import type { Code } from './codes.ts'
import { type Match, senderId, type Target } from './decision.ts'
import type { AnalysedMessage } from './message.ts'
import { portMatches } from './registry.ts'
import type { TaughtLabel } from './templates.ts'

/** Until when what an analyst took for a false alarm, or exempted beforehand, asks for nothing. */
export interface Allowance {
  /** The same for the same words: a later row replaces an earlier one. */
  readonly id: string
  readonly codes: readonly Code[]
  /** Event time, epoch ms. */
  readonly until: number
  /** What it covers: messages that a conjunction selects, or those of a target. */
  readonly of: { readonly match: Match } | { readonly target: Target }
}

/** What an alert on a message rested on: by it an analyst's feedback on the message finds its like. */
export interface AlertedMessage {
  readonly id: string
  readonly codes: readonly Code[]
  /** Same sender, same template; absent: the text is too short for one. */
  readonly match?: Match
  /** What it teaches should it be confirmed; absent: nothing. */
  readonly teaches?: Teaching
}

/** The wording of a message as a template. */
export interface Teaching {
  /** See `writtenSketch` of text/word-sketch.ts. */
  readonly sketch: string
  /** Of the known template that the message is like. */
  readonly label?: TaughtLabel
}

/** What the conjunction looks at. */
export type Matchable = Pick<AnalysedMessage, 'from' | 'toToken' | 'label' | 'bands' | 'signature' | 'urls'> &
  Partial<Pick<AnalysedMessage, 'memo'>>

/** Whether every member of a `match` that is present holds for the message. */
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

/** A message's sender and template; undefined where it has no template. */
export function likeOf({ signature, from, bands }: Matchable): Match | undefined {
  const [campaign] = bands
  if (campaign === undefined) return undefined
  return { ...(signature ? { signature: signature.name } : {}), ports: [from], campaign }
}

/** The host and every domain above it but the last label. */
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
