import { MemoryBudget } from './memory-budget.ts'

export interface DecodingLimits {
  readonly headers: number
  /** Maximum of decompressed bytes over all partitions. */
  readonly bytesInFlight: number
}

const DEFAULTS: DecodingLimits = { headers: 1_000, bytesInFlight: 400_000_000 }

export interface Decoding {
  readonly maxHeaders: number
  /** Budget for decompressed bytes over all partitions. */
  readonly memory: MemoryBudget
}

export function decodingWithin({ headers, bytesInFlight }: DecodingLimits = DEFAULTS): Decoding {
  return { maxHeaders: headers, memory: new MemoryBudget(bytesInFlight) }
}
