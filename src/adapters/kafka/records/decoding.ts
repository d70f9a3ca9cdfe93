import { MemoryBudget } from './memory-budget.ts'

export interface DecodingLimits {
  /** Headers of a record that is read. */
  readonly headers: number
  /** Decompressed bytes of all partitions that are read. */
  readonly bytesInFlight: number
}

const DEFAULTS: DecodingLimits = { headers: 1_000, bytesInFlight: 400_000_000 }

/** What bounds the decoding of fetched records. */
export interface Decoding {
  /** Headers of a record. */
  readonly maxHeaders: number
  /** Decompressed bytes of all partitions. */
  readonly memory: MemoryBudget
}

export function decodingWithin({ headers, bytesInFlight }: DecodingLimits = DEFAULTS): Decoding {
  return { maxHeaders: headers, memory: new MemoryBudget(bytesInFlight) }
}
