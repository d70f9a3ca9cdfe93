import { type Allowance, type Matchable, matchHolds } from '../../domain/allowance.ts'
import { type Code, isPortPrefix } from '../../domain/codes.ts'
import type { Match, Signal } from '../../domain/decision.ts'
import { hashOf } from '../../domain/hash.ts'
import { addTo } from '../../domain/maps.ts'
import type { StateStore } from '../../domain/state-store.ts'
import { FormerTokens } from './former-tokens.ts'

/** An allowance of codes for what `of` covers, until a time. */
export function allowanceOf(codes: readonly Code[], of: Allowance['of'], until: number): Allowance {
  return { id: hashOf(JSON.stringify([codes, of])), codes, until, of }
}

/** Key of matches without a member to index by. */
const ANY = ''
const RECIPIENT = 'recipient:'

/**
 * Allowances given by analysts' feedback, as known to this instance, indexed by the rarest member of what they cover,
 * so that a message without an allowance costs a few map lookups.
 */
export class Allowances {
  readonly #store: Pick<StateStore, 'allow' | 'allowances'>
  readonly #former: FormerTokens
  readonly #byId = new Map<string, Allowance>()
  /** By state id: until when the matches of its next signal are to be allowed. */
  readonly #awaited = new Map<string, number>()
  #byKey = new Map<string, Allowance[]>()
  #prefixes: { readonly prefix: string; readonly allowance: Allowance }[] = []

  constructor(store: Pick<StateStore, 'allow' | 'allowances'>, former = new FormerTokens()) {
    this.#store = store
    this.#former = former
  }

  get size(): number {
    return this.#byId.size
  }

  /** Rejects with a retryable error if the store cannot be reached; the allowance does not apply then. */
  async add(allowance: Allowance): Promise<void> {
    await this.#store.allow(allowance)
    this.#byId.set(allowance.id, allowance)
    this.#index()
  }

  /** Allows the matches of the state's next signal until a time, as the state itself is not known yet. */
  addWithSignal(stateId: string, until: number): void {
    this.#awaited.set(stateId, until)
  }

  /** Cancels `addWithSignal`. */
  forgetSignal(stateId: string): void {
    this.#awaited.delete(stateId)
  }

  async signalled(stateId: string, { code, match }: Pick<Signal, 'code' | 'match'>): Promise<void> {
    const until = this.#awaited.get(stateId)
    if (until === undefined) return
    await this.add(allowanceOf([code], { match }, until))
    this.#awaited.delete(stateId)
  }

  async refresh(): Promise<void> {
    const stored = await this.#store.allowances()
    this.#byId.clear()
    for (const allowance of stored) this.#byId.set(allowance.id, allowance)
    this.#index()
  }

  formerTokens(recipient: string): readonly string[] {
    return this.#former.of(recipient)
  }

  /**
   * Whether a code is allowed on a message at event time `ts`, so that it triggers nothing. `targets` are those that
   * the message belongs to, including its recipient's former tokens.
   */
  covers(message: Matchable, targets: readonly string[], code: Code, ts: number): boolean {
    if (this.#byId.size === 0) return false
    const allows = (key: string) => {
      const as = key.startsWith(RECIPIENT) ? { ...message, toToken: key.slice(RECIPIENT.length) } : message
      return this.#byKey
        .get(key)
        ?.some(
          ({ codes, until, of }) =>
            ts < until && codes.includes(code) && ('target' in of || matchHolds(of.match, as)),
        )
    }
    return (
      targets.some(allows) ||
      allows(ANY) === true ||
      targets.some((target) => this.coversTarget(target, code, ts))
    )
  }

  /** Whether a code is allowed on a target (`<kind>:<id>`) because of a prefix of its port. */
  coversTarget(target: string, code: Code, ts: number): boolean {
    return this.#prefixes.some(
      ({ prefix, allowance: { codes, until } }) =>
        ts < until && codes.includes(code) && target.startsWith(prefix),
    )
  }

  #index(): void {
    this.#byKey = new Map()
    this.#prefixes = [...this.#byId.values()].flatMap((allowance) => {
      const target = 'target' in allowance.of ? `${allowance.of.target.kind}:${allowance.of.target.id}` : ''
      return isPortPrefix(target) ? [{ prefix: target.slice(0, -1), allowance }] : []
    })
    for (const allowance of this.#byId.values()) {
      for (const key of keysOf(allowance)) {
        addTo(this.#byKey, key, allowance)
      }
    }
  }
}

function keysOf({ of }: Allowance): string[] {
  return 'target' in of ? [`${of.target.kind}:${of.target.id}`] : keysOfMatch(of.match)
}

function keysOfMatch({ toToken, campaign, domains, signature, ports }: Match): string[] {
  if (toToken !== undefined) return [`${RECIPIENT}${toToken}`]
  if (campaign !== undefined) return [`campaign:${campaign}`]
  if (domains) return domains.map((domain) => `domain:${domain}`)
  if (signature !== undefined) return [`signature:${signature}`]
  if (ports && !ports.some((port) => port.endsWith('*'))) return ports.map((port) => `port:${port}`)
  return [ANY]
}
