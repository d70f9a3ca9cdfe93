import type { ExtractedMessage } from '../../detection/classify.ts'
import { specOf } from '../../detection/detectors/all.ts'
import { CODE_NAMES, type Code } from '../../domain/codes.ts'
import { senderId, type Target } from '../../domain/decision.ts'
import { stateId } from '../../domain/hash.ts'

/** The subject of a state. */
export interface StateName {
  readonly code: Code
  readonly target: Target
}

/** Limit on the ids cached as unknown, so that they are not looked up for every message. */
const MAX_UNKNOWN = 100_000

/**
 * Maps state ids, which are hashes, to their subjects: from the alerts of states raised during the replay, otherwise by trying
 * the targets that a message under the state can belong to.
 */
export class StateNames {
  readonly #deployment: string
  readonly #codes: readonly Code[]
  readonly #known = new Map<string, StateName>()
  readonly #unknown = new Set<string>()

  /** `own`: codes of the operator's rules on either side. */
  constructor(deployment: string, own: readonly Code[] = []) {
    this.#deployment = deployment
    this.#codes = [...CODE_NAMES, ...own]
  }

  learn(id: string, name: StateName): void {
    this.#known.set(id, name)
  }

  get(id: string): StateName | undefined {
    return this.#known.get(id)
  }

  /** Looks the id up among the possible targets of a message. */
  explain(id: string, message: () => ExtractedMessage, campaign: string | undefined): StateName | undefined {
    const known = this.#known.get(id)
    if (known || this.#unknown.has(id)) return known
    const targets = targetsOf(message(), campaign)
    for (const code of this.#codes) {
      const { targets: own, escalates } = specOf(code)
      const kinds = [...own, ...escalates]
      for (const target of targets) {
        if (!kinds.includes(target.kind as never)) continue
        if (stateId(this.#deployment, code, target) !== id) continue
        this.learn(id, { code, target })
        return { code, target }
      }
    }
    if (this.#unknown.size < MAX_UNKNOWN) this.#unknown.add(id)
    return undefined
  }
}

function targetsOf(message: ExtractedMessage, campaign: string | undefined): Target[] {
  const { from, toToken, bands, urls } = message
  const names = message.signature
    ? [...new Set([message.signature.name, message.signature.key])]
    : [undefined]
  const campaigns = [...new Set([...(campaign === undefined ? [] : [campaign]), ...bands])]
  const domains = new Set(urls.flatMap(({ host }) => [...enclosing(host)]))
  return [
    ...names.flatMap((name): Target[] => (name === undefined ? [] : [{ kind: 'signature', id: name }])),
    ...names.map((name): Target => ({ kind: 'sender', id: senderId(name, from) })),
    { kind: 'port', id: from },
    { kind: 'recipient', id: toToken },
    ...campaigns.map((id): Target => ({ kind: 'campaign', id })),
    ...[...domains].map((id): Target => ({ kind: 'domain', id })),
  ]
}

/** The host and its parent domains. */
function* enclosing(host: string): Generator<string> {
  yield host
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1)
}
