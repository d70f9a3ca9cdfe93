import type { StateRecord, StateStore } from '../../domain/state-store.ts'
import { Allowances } from './allowances.ts'
import type { FormerTokens } from './former-tokens.ts'
import { OpenStates } from './open-states.ts'

/** The open states of all instances as this one knows them, and what is allowed, kept in line with the store. */
export class LocalCopy {
  readonly open: OpenStates
  readonly allowances: Allowances
  readonly #store: StateStore
  /** Ids that change while a refresh is reading. */
  #changed: Set<string> | undefined
  #refreshing: Promise<void> = Promise.resolve()

  constructor(store: StateStore, former: FormerTokens) {
    this.open = new OpenStates(former)
    this.#store = store
    this.allowances = new Allowances(store, former)
    store.subscribe(
      (state) => this.apply(state),
      () => {
        // A failure is made up for by the next refresh of the sweeper.
        this.refresh().catch(() => {})
      },
    )
  }

  /** Takes in a change of any instance. */
  apply(state: StateRecord): void {
    this.#changed?.add(state.id)
    this.open.apply(state)
  }

  /**
   * Brings the copy in line with the store: before the first message, and now and then for notices that were lost. One
   * after another: a refresh that began before notices were lost does not make up for them.
   */
  refresh(): Promise<void> {
    const next = this.#refreshing.catch(() => {}).then(() => this.#compare())
    this.#refreshing = next
    return next
  }

  /**
   * What the store does not have open any more is forgotten where it knows that it was closed. A state that it does not
   * know at all it has lost: it is put back, so that it is renewed and ends, and its row leaves the block table.
   */
  async #putBack(gone: readonly StateRecord[], meanwhile: ReadonlySet<string>): Promise<void> {
    if (gone.length === 0) return
    const stored = await this.#store.get(gone.map(({ id }) => id))
    for (const [i, state] of gone.entries()) {
      if (meanwhile.has(state.id)) continue
      if (stored[i] || !(await this.#store.put(state, 0))) this.open.forget(state.id)
      // Another instance may have been first, and have gone on from there.
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
        // Not by version: a store that lost its data counts from 1 again.
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
