import { codeNamed } from '../../detection/detectors/all.ts'
import { enclosing, type Matchable, matchHolds } from '../../domain/allowance.ts'
import { given } from '../../domain/given.ts'
import { addTo } from '../../domain/maps.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import { expiryOf, type MatchingState } from '../../domain/state.ts'
import type { StateRecord } from '../../domain/state-store.ts'
import { BUCKET_MS } from '../../domain/time.ts'
import { FormerTokens } from './former-tokens.ts'

type Span = Pick<StateRecord, 'match' | 'raisedAt' | 'expiresAt'>

interface Entry {
  readonly state: StateRecord
  readonly shown: MatchingState
  readonly span: Span
  /** Span to compare messages with while signals may be missing. */
  readonly whole: Span
  readonly keys: readonly (readonly [Map<string, Entry[]>, string])[]
}

const NONE: readonly MatchingState[] = []

/**
 * This instance's copy of the open states of all instances. Enforced ones are indexed by the rarest member of their
 * `match`, so that a message without a match costs a few map lookups. Older versions never replace newer ones.
 */
export class OpenStates {
  /** Whether it was synchronized with the store once; before that, states missing here may be open. */
  isRead = false
  readonly #entries = new Map<string, Entry>()
  readonly #tokens = new Map<string, Entry[]>()
  readonly #campaigns = new Map<string, Entry[]>()
  /** By every band of a campaign, aliases included; enforced or not. */
  readonly #bands = new Map<string, Entry[]>()
  readonly #domains = new Map<string, Entry[]>()
  readonly #signatures = new Map<string, Entry[]>()
  readonly #ports = new Map<string, Entry[]>()
  readonly #senders = new Map<string, Entry[]>()
  /** Matches without a member to index by: port prefixes, or labels alone. */
  readonly #others = new Map<string, Entry[]>()
  readonly #former: FormerTokens

  constructor(former = new FormerTokens()) {
    this.#former = former
  }

  get size(): number {
    return this.#entries.size
  }

  get(id: string): StateRecord | undefined {
    return this.#entries.get(id)?.state
  }

  *[Symbol.iterator](): Generator<StateRecord> {
    for (const entry of this.#entries.values()) yield entry.state
  }

  /** Applies a change; a closed state is removed. Returns false for a version that is not newer than the known one. */
  apply(state: StateRecord): boolean {
    const known = this.#entries.get(state.id)
    if (known && known.state.version >= state.version) return false
    if (known) this.#unlink(known)
    if (!state.open) return known !== undefined
    const entry: Entry = {
      state,
      shown: shownOf(state),
      span: spanOf(state, Math.min(state.expiresAt, state.lastSeenAt + state.hold)),
      whole: spanOf(state, state.expiresAt),
      keys: [...this.#keysOf(state), ...this.#bandsOf(state), ...this.#sendersOf(state)],
    }
    this.#entries.set(state.id, entry)
    for (const [index, key] of entry.keys) {
      addTo(index, key, entry)
    }
    return true
  }

  forget(id: string): void {
    const entry = this.#entries.get(id)
    if (entry) this.#unlink(entry)
  }

  /**
   * Open enforced states whose `match` holds for the message and that are in force at its time. With `untilExpiry`, for
   * times when signals may be late or missing, a state ends only by its clear or its `expiresAt`, not by its hold.
   */
  matching(message: AnalysedMessage, untilExpiry = false): readonly MatchingState[] {
    if (this.#entries.size === 0) return NONE
    // Most messages match no state; the list is allocated with the first match.
    let found = NONE
    if (this.#tokens.size > 0) {
      found = withMatching(found, this.#tokens.get(message.toToken), message, untilExpiry)
      for (const toToken of this.#former.of(message.to)) {
        const bucket = this.#tokens.get(toToken)
        if (bucket) found = withMatching(found, bucket, { ...message, toToken }, untilExpiry)
      }
    }
    if (this.#campaigns.size > 0)
      for (const band of message.bands)
        found = withMatching(found, this.#campaigns.get(band), message, untilExpiry)
    if (this.#domains.size > 0) {
      for (const url of message.urls)
        for (const name of enclosing(url.host))
          found = withMatching(found, this.#domains.get(name), message, untilExpiry)
    }
    if (this.#signatures.size > 0 && message.signature) {
      const { name, key } = message.signature
      found = withMatching(found, this.#signatures.get(name), message, untilExpiry)
      if (key !== name) found = withMatching(found, this.#signatures.get(key), message, untilExpiry)
    }
    if (this.#ports.size > 0) found = withMatching(found, this.#ports.get(message.from), message, untilExpiry)
    return this.#others.size === 0 ? found : withMatching(found, this.#others.get(''), message, untilExpiry)
  }

  /** The campaign of the band that is open at event time `at`, whether or not it was swept since. */
  campaignOf(band: string, at: number): string | undefined {
    const bearers = this.#bands.get(band)
    return bearers?.find(({ state }) => at <= state.lastSeenAt + state.hold)?.state.target.id
  }

  sendersOn(port: string): number {
    return this.#senders.get(port)?.length ?? 0
  }

  #sendersOf({ target, match }: StateRecord): [Map<string, Entry[]>, string][] {
    const port = target.kind === 'sender' ? match.ports?.[0] : undefined
    return port === undefined ? [] : [[this.#senders, port]]
  }

  #bandsOf({ code, target, aliases = [] }: StateRecord): [Map<string, Entry[]>, string][] {
    if (!codeNamed(code)?.findsTemplates || target.kind !== 'campaign') return []
    return [...new Set([target.id, ...aliases])].map((band) => [this.#bands, band])
  }

  #keysOf({ match, enforced }: StateRecord): [Map<string, Entry[]>, string][] {
    if (!enforced) return []
    if (match.toToken !== undefined) return [[this.#tokens, match.toToken]]
    const band = match.campaign ?? match.template
    if (band !== undefined) return [[this.#campaigns, band]]
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

/** Appends the states of a bucket that apply to the message to those found so far. */
function withMatching(
  found: readonly MatchingState[],
  bucket: readonly Entry[] | undefined,
  message: Matchable & Pick<AnalysedMessage, 'ts'>,
  untilExpiry: boolean,
): readonly MatchingState[] {
  if (bucket === undefined) return found
  let all = found
  for (const { shown, whole, span } of bucket)
    if (!all.includes(shown) && matches(untilExpiry ? whole : span, message)) all = [...all, shown]
  return all
}

function shownOf(state: StateRecord): MatchingState {
  const { id, action, match } = state
  return match.campaign === undefined ? { id, action } : { id, action, campaign: match.campaign }
}

/**
 * The time in which a state applies. It is assumed to end after its hold: the sweep that clears it retroactively runs
 * later, much later in a backlog. If it results from a lagging gateway, messages from other gateways are ahead of its
 * event time.
 */
function spanOf({ match, raisedAt: at, lag, byHand }: StateRecord, expiresAt: number): Span {
  // An order applies to everything sent from now on, however late its gateway is.
  const raisedAt = byHand ? Number.NEGATIVE_INFINITY : at
  return { match, raisedAt, expiresAt: expiryOf({ expiresAt, ...given({ lag }) }) }
}

/** Whether the `match` of a state holds for a message at the message's time. */
export function matches(
  { match, raisedAt, expiresAt }: Span,
  message: Matchable & Pick<AnalysedMessage, 'ts'>,
): boolean {
  return (
    expiresAt > message.ts &&
    // A state raised at the end of a bucket also applies to the messages in that bucket.
    raisedAt - BUCKET_MS <= message.ts &&
    matchHolds(match, message)
  )
}
