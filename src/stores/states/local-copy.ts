import type { StateRecord, StateStore } from '../../domain/state-store.ts'
import { Allowances } from './allowances.ts'
import type { FormerTokens } from './former-tokens.ts'
import { OpenStates } from './open-states.ts'

/** This instance's copy of the open states and allowances of all instances, kept in sync with the store. */
export class LocalCopy {
  readonly open: OpenStates
  readonly allowances: Allowances
  readonly #store: StateStore
  #changed: Set<string> | undefined
  #refreshing: Promise<void> = Promise.resolve()

  constructor(store: StateStore, former: FormerTokens) {
    this.open = new OpenStates(former)
    this.#store = store
    this.allowances = new Allowances(store, former)
    store.subscribe(
      (state) => this.apply(state),
      () => {
        // After a failure, the next refresh of the sweeper catches up.
        this.refresh().catch(() => {})
      },
    )
  }

  apply(state: StateRecord): void {
    this.#changed?.add(state.id)
    this.open.apply(state)
  }

  /**
   * Synchronizes the copy with the store: before the first message, and periodically to recover lost notifications.
   * Calls run one after the other: a refresh that began before a notification was lost does not recover it.
   */
  refresh(): Promise<void> {
    const next = this.#refreshing.catch(() => {}).then(() => this.#compare())
    this.#refreshing = next
    return next
  }

  /**
   * States that the store closed are removed from the copy. A state that the store does not know at all was lost there:
   * it is put back, so that it is renewed and cleared, and its row is removed from the block table.
   */
  async #putBack(gone: readonly StateRecord[], meanwhile: ReadonlySet<string>): Promise<void> {
    if (gone.length === 0) return
    const stored = await this.#store.get(gone.map(({ id }) => id))
    for (const [i, state] of gone.entries()) {
      if (meanwhile.has(state.id)) continue
      if (stored[i] || !(await this.#store.put(state, 0))) this.open.forget(state.id)
      // Another instance may have put it back first, and changed it since.
      if (stored[i] === undefined && this.open.get(state.id) === undefined) {
        const [now] = await this.#store.get([state.id])
        if (now) this.open.apply(now)
      }
    }
  }

  async #compare(): Promise<void> {
    const { open } = this
    const meanwhile = new Set<string>()
    this.#changed = meanwhile
    try {
      const versions = await this.#store.versions()
      const stale = [...versions].filter(([id, version]) => open.get(id)?.version !== version)
      const states = stale.length > 0 ? await this.#store.get(stale.map(([id]) => id)) : []
      const gone = [...open].filter(({ id }) => !versions.has(id) && !meanwhile.has(id))
      await this.#putBack(gone, meanwhile)
      for (const [i, [id]] of stale.entries()) {
        if (meanwhile.has(id)) continue
        // Regardless of the version: a store that lost its data counts from 1 again.
        open.forget(id)
        if (states[i]) open.apply(states[i])
      }
    } finally {
      this.#changed = undefined
    }
    open.isRead = true
    await this.allowances.refresh()
  }
}
