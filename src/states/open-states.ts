import type { AnalysedMessage } from '../domain/message.ts'
import type { StateRecord } from '../domain/ports.ts'
import { portMatches } from '../domain/registry.ts'
import { BUCKET_MS } from '../domain/time.ts'
import type { MatchingState } from '../stages/decide.ts'

interface Entry {
  readonly state: StateRecord
  readonly shown: MatchingState
  readonly keys: readonly (readonly [Map<string, Entry[]>, string])[]
}

const NONE: readonly MatchingState[] = []

/**
 * The open states of all instances as this one knows them. Enforced ones are indexed by the rarest member of their
 * `match`, so that a message that matches none costs a few map look-ups. Older versions never replace newer ones.
 */
export class OpenStates {
  readonly #entries = new Map<string, Entry>()
  readonly #tokens = new Map<string, Entry[]>()
  readonly #campaigns = new Map<string, Entry[]>()
  /** By every band of a campaign, its aliases too: enforced or not. */
  readonly #bands = new Map<string, Entry[]>()
  readonly #domains = new Map<string, Entry[]>()
  readonly #signatures = new Map<string, Entry[]>()
  readonly #ports = new Map<string, Entry[]>()
  /** Matches without a member that can be looked up: prefixes of ports, labels alone. */
  readonly #others = new Map<string, Entry[]>()

  get size(): number {
    return this.#entries.size
  }

  get(id: string): StateRecord | undefined {
    return this.#entries.get(id)?.state
  }

  *[Symbol.iterator](): Generator<StateRecord> {
    for (const entry of this.#entries.values()) yield entry.state
  }

  /** Takes in a change; a closed state leaves. Returns false for a version that is known or overtaken. */
  apply(state: StateRecord): boolean {
    const known = this.#entries.get(state.id)
    if (known && known.state.version >= state.version) return false
    if (known) this.#unlink(known)
    if (!state.open) return known !== undefined
    const entry: Entry = {
      state,
      shown: shownOf(state),
      keys: [...this.#keysOf(state), ...this.#bandsOf(state)],
    }
    this.#entries.set(state.id, entry)
    for (const [index, key] of entry.keys) {
      const bucket = index.get(key)
      if (bucket) bucket.push(entry)
      else index.set(key, [entry])
    }
    return true
  }

  /** Drops a state that the store does not have open any more. */
  forget(id: string): void {
    const entry = this.#entries.get(id)
    if (entry) this.#unlink(entry)
  }

  /** Open enforced states whose `match` holds for the message and that are in force at its time. */
  matching(message: AnalysedMessage): readonly MatchingState[] {
    if (this.#entries.size === 0) return NONE
    let found: MatchingState[] | undefined
    const look = (bucket: readonly Entry[] | undefined) => {
      if (!bucket) return
      for (const entry of bucket) {
        if (!found?.includes(entry.shown) && matches(entry.state, message)) {
          if (found) found.push(entry.shown)
          else found = [entry.shown]
        }
      }
    }
    if (this.#tokens.size > 0) look(this.#tokens.get(message.toToken))
    if (this.#campaigns.size > 0) for (const band of message.bands) look(this.#campaigns.get(band))
    if (this.#domains.size > 0) {
      for (const url of message.urls) for (const name of enclosing(url.host)) look(this.#domains.get(name))
    }
    if (this.#signatures.size > 0 && message.signature) {
      const { name, key } = message.signature
      look(this.#signatures.get(name))
      if (key !== name) look(this.#signatures.get(key))
    }
    if (this.#ports.size > 0) look(this.#ports.get(message.from))
    if (this.#others.size > 0) look(this.#others.get(''))
    return found ?? NONE
  }

  /** The open campaign that the band belongs to. */
  campaignOf(band: string): string | undefined {
    return this.#bands.get(band)?.[0]?.state.target.id
  }

  #bandsOf({ code, target, aliases = [] }: StateRecord): [Map<string, Entry[]>, string][] {
    if (code !== 'CAMPAIGN_BURST' || target.kind !== 'campaign') return []
    return [...new Set([target.id, ...aliases])].map((band) => [this.#bands, band])
  }

  #keysOf({ match, enforced }: StateRecord): [Map<string, Entry[]>, string][] {
    if (!enforced) return []
    if (match.toToken !== undefined) return [[this.#tokens, match.toToken]]
    if (match.campaign !== undefined) return [[this.#campaigns, match.campaign]]
    if (match.domains) return [...new Set(match.domains)].map((domain) => [this.#domains, domain])
    if (match.signature !== undefined) return [[this.#signatures, match.signature]]
    if (match.ports && !match.ports.some((port) => port.endsWith('*'))) {
      return [...new Set(match.ports)].map((port) => [this.#ports, port])
    }
    return [[this.#others, '']]
  }

  #unlink(entry: Entry): void {
    this.#entries.delete(entry.state.id)
    for (const [index, key] of entry.keys) {
      const rest = index.get(key)!.filter((other) => other !== entry)
      if (rest.length > 0) index.set(key, rest)
      else index.delete(key)
    }
  }
}

function shownOf(state: StateRecord): MatchingState {
  const { id, action, match } = state
  return match.campaign === undefined ? { id, action } : { id, action, campaign: match.campaign }
}

/** The host and every domain above it but the last label. */
function* enclosing(host: string): Generator<string> {
  yield host
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1)
}

/** The conjunction of the contract: every member that is present must hold, at the time of the message. */
export function matches(
  { match, raisedAt, expiresAt }: Pick<StateRecord, 'match' | 'raisedAt' | 'expiresAt'>,
  message: Pick<AnalysedMessage, 'ts' | 'from' | 'toToken' | 'label' | 'bands' | 'signature' | 'urls'>,
): boolean {
  const { signature, ports, exceptPorts, domains, campaign, toToken, labels } = match
  const from = message.from
  return (
    expiresAt > message.ts &&
    // Raised as of the end of the bucket that crossed, it speaks of the messages in that bucket too.
    raisedAt - BUCKET_MS <= message.ts &&
    (toToken === undefined || toToken === message.toToken) &&
    (labels === undefined || labels.includes(message.label)) &&
    (campaign === undefined || message.bands.includes(campaign)) &&
    (signature === undefined ||
      message.signature?.name === signature ||
      message.signature?.key === signature) &&
    (ports === undefined || ports.some((port) => portMatches(port, from))) &&
    !exceptPorts?.some((port) => portMatches(port, from)) &&
    (domains === undefined ||
      message.urls.some(({ host }) => domains.some((d) => host === d || host.endsWith(`.${d}`))))
  )
}
