export interface ConsentChange {
  readonly state: 'in' | 'out'
  readonly ts: number
  readonly proof?: string
}

export interface ConsentRow extends ConsentChange {
  readonly signature: string
  /** Canonical number or token. */
  readonly to: string
  readonly was?: { readonly state: 'in' | 'out'; readonly ts: number }
}

export interface SentMessage {
  readonly port: string
  readonly to: string
  /** Token of the subscriber without its key id, if known. */
  readonly token?: string
  readonly signature: string
  readonly ts: number
}

/** Consents and refusals by (signature, recipient): the last two changes of each pair. */
export interface ConsentLedger {
  /** Newest first, at most two, for each pair in order. */
  lookup(
    pairs: readonly { readonly signature: string; readonly to: string }[],
  ): Promise<readonly (readonly ConsentChange[])[]>
  apply(rows: readonly ConsentRow[]): Promise<void>
  erase(pairs: readonly { readonly signature: string; readonly to: string }[]): Promise<void>
  /** Remembers that a port sent a signature to a subscriber (last 4 signatures, 90 days). */
  remember(rows: readonly SentMessage[]): Promise<void>
  /** Signatures that the port sent to the subscriber up to `ts`, newest first. */
  sentBy(port: string, to: string, ts: number): Promise<readonly string[]>
  /** Records a request for consent; returns the time of an earlier one with no "in" since, if any. */
  asked(
    rows: readonly { readonly signature: string; readonly to: string; readonly ts: number }[],
  ): Promise<readonly (number | undefined)[]>
  /** Like `asked`, without recording anything. */
  askedBefore(
    rows: readonly { readonly signature: string; readonly to: string; readonly ts: number }[],
  ): Promise<readonly (number | undefined)[]>
  unready(): readonly string[]
  close(): Promise<void>
}

/** A ledger shared by instances, in a store that can lose its contents. */
export interface SharedLedger extends ConsentLedger {
  /** Moves rows written before pairs were keyed; resolves when none is left. Rejects in an outage. */
  migrate(): Promise<number>
  /**
   * Checks whether any shard lost its contents, as every other call does for the shards it touches. Resolves with the number of
   * shards that were created by the check; rejects if none answers.
   */
  check(): Promise<number>
  /** Unknown keys were evicted: everything is read again. */
  evicted(): void
  /** Called when the lost rows have been read again. */
  restored(): void
}
