import { BlockTable as ReferenceTable } from '../../examples/blocker/src/block-table.ts'
import { BrokerClock as ReferenceClock } from '../../examples/blocker/src/broker-clock.ts'
import * as reference from '../../examples/blocker/src/match.ts'
import { submissionOf } from '../../examples/blocker/src/server.ts'
import { BlockTable } from '../../src/detection/blocking/block-table.ts'
import { BrokerClock } from '../../src/detection/blocking/broker-clock.ts'
import { Asked, compileMatch } from '../../src/detection/blocking/match.ts'
import { readSubmission } from '../../src/detection/blocking/submission.ts'
import { createTokeniser, type TokenKey } from '../../src/domain/token.ts'
import { type Decision, Decider as OwnDecider } from '../../src/service/blocker/decider.ts'
import { MemoryPassBook } from '../../src/stores/passes/memory.ts'
import { canonicalNumber } from '../../src/text/canonical-number.ts'
import { extract } from '../../src/text/extract.ts'

export type { Match, Submission } from '../../examples/blocker/src/match.ts'

/** Common interface of the blocking services under test. */
export interface Table {
  takeBlock(state: string, value: string | null): void
  /** Returns ids of parts that should be blocked but were already delivered. */
  takeAlert(value: string): readonly string[]
  decide(
    message: reference.Submission,
    now: number,
  ): { readonly action: string; readonly deliver: boolean; readonly stateId?: string }
  entries(now: number): (readonly [id: string, episode: number, revision: number, action: string])[]
  sweep(now: number): void
}

export interface Blocker {
  readonly name: string
  table(key: TokenKey): Table
  clock(): { now(): number; read(record: { readonly timestamp: string }): void }
  readonly canonical: (number: string) => string
  readonly tokenOf: (recipient: string, key: TokenKey) => string
  holds(match: reference.Match, message: reference.Submission): reference.Holds
  /** Submission of a gateway request, for comparison; undefined if it is rejected. */
  submissionOf(body: object): reference.Submission | undefined
}

/** Implements docs/blocking.md, using only the extractor of sigwatch. */
const EXAMPLE: Blocker = {
  name: 'examples/blocker',
  table: (key) => new ReferenceTable(key),
  clock: () => new ReferenceClock(),
  canonical: reference.canonical,
  tokenOf: reference.tokenOf,
  holds: (match, message) => reference.matches(match, message, undefined),
  submissionOf: (body) => submissionOf(body, extract),
}

const OWN: Blocker = {
  name: 'sigwatch blocker',
  table: (key) => new OwnTable(key),
  clock() {
    const clock = new BrokerClock()
    return {
      now: () => clock.now(),
      read(record) {
        const { batchContext } = record as { batchContext?: { timestampType?: number } }
        if (batchContext?.timestampType === 1) clock.appended('t/0', Number(record.timestamp))
      },
    }
  },
  canonical: canonicalNumber,
  tokenOf: (recipient, key) => createTokeniser(key)(canonicalNumber(recipient)),
  holds(match, message) {
    const tokenisers = new Map()
    return compileMatch(match, tokenisers)!.test(new Asked(message, tokenisers))
  },
  submissionOf(body) {
    const { text, verdict, hosts, signature, ...rest } = body as Record<string, unknown>
    const to = '13800005678'
    const given = { ...rest, ...(hosts ? { hosts } : {}), ...(signature ? { signature } : {}) }
    const read = text === undefined ? given : readSubmission({ to, ...body })
    if (typeof read === 'string') return undefined
    return { ...read, verdict: (verdict ?? {}) as object } as reference.Submission
  },
}

/** `sigwatch blocker` without its servers. */
class OwnTable implements Table {
  #now = 0
  #kept: string[] = []
  readonly #table: BlockTable
  readonly #book = new MemoryPassBook(() => this.#now)
  readonly #decider: OwnDecider

  constructor(key: TokenKey) {
    const tokenise = createTokeniser(key)
    this.#table = new BlockTable({ tokenisers: new Map([[key.keyId, tokenise]]) })
    this.#decider = new OwnDecider({
      table: this.#table,
      now: () => this.#now,
      doubt: () => undefined,
      failure: 'open',
      tokenise,
      own: this.#book,
      kept: ({ messageId, stateId, action }) => {
        if (action === 'missed') this.#kept.push(messageId)
        else this.#by = stateId
      },
      emit() {},
    })
  }
  #by: string | undefined

  takeBlock(state: string, value: string | null): void {
    this.#table.takeBlock(state, value, this.#now)
  }

  takeAlert(value: string): readonly string[] {
    this.#kept = []
    void this.#decider.takeGone(this.#table.takeAlert(value, this.#now) ?? [])
    return this.#kept
  }

  decide({ verdict, ...message }: reference.Submission, now: number) {
    this.#now = now
    this.#by = undefined
    if (verdict) this.#table.takeVerdict(JSON.stringify({ id: message.id, ...verdict }), now)
    const decision = this.#decider.decideAlone(message)
    const stateId = this.#by ?? decision.states.at(0)
    return { ...shown(decision), ...(stateId === undefined ? {} : { stateId }) }
  }

  entries(now: number) {
    return this.#table.entries(now)
  }

  sweep(now: number): void {
    this.#now = now
    this.#table.sweep(now)
    this.#book.sweep()
  }
}

/** The decision in terms of docs/blocking.md: a message below the limit of a throttle is delivered. */
function shown({ action, limit }: Decision) {
  const deliver = action !== 'block' && action !== 'throttle'
  return { action: limit === undefined ? action : 'throttle', deliver }
}

export const BLOCKERS: readonly Blocker[] = [EXAMPLE, OWN]
