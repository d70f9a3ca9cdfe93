import { stateId } from '../../domain/hash.ts'
import type { Policy } from '../../domain/policy.ts'
import type { StateInput } from '../../domain/state.ts'
import type { StateStore } from '../../domain/state-store.ts'
import type { Tokenise } from '../../domain/token.ts'

/**
 * Recipients under former token keys: states, releases and exemptions stored under an earlier token still apply to new
 * messages. Nothing is computed if there are no former keys.
 */
export class FormerTokens {
  readonly #tokenise: readonly Tokenise[]

  constructor(tokenise: readonly Tokenise[] = []) {
    this.#tokenise = tokenise
  }

  of(recipient: string): string[] {
    return this.#tokenise.map((tokenise) => tokenise(recipient))
  }

  exempt({ signal, message }: StateInput, policy: Policy): boolean {
    const { target, code, at } = signal
    if (target.kind !== 'recipient' || message === undefined) return false
    return this.of(message.to).some((token) => policy.exempt(`recipient:${token}`, code, at) !== undefined)
  }

  /** Until when each state may not rise, including releases of the same recipient under a former token. */
  async suppressed(
    store: Pick<StateStore, 'suppressed'>,
    deployment: string,
    inputs: ReadonlyMap<string, readonly StateInput[]>,
  ): Promise<(number | undefined)[]> {
    const ids = [...inputs].map(([id, [first]]) => [id, ...this.#statesOf(deployment, first!)])
    const until = await store.suppressed(ids.flat())
    let at = 0
    return ids.map((names) => {
      const last = Math.max(...names.map(() => until[at++] ?? Number.NEGATIVE_INFINITY))
      return Number.isFinite(last) ? last : undefined
    })
  }

  #statesOf(deployment: string, { signal: { code, target }, message }: StateInput): string[] {
    if (target.kind !== 'recipient' || message === undefined) return []
    return this.of(message.to).map((id) => stateId(deployment, code, { kind: 'recipient', id }))
  }
}
