import { bagsOf, type TokenizerSettings } from './tokenizer-settings.ts'

const AGAIN = 0x6a09e667
const BAG = 0x4cf5ad43

interface Region {
  readonly clear: number
  readonly set: number
}

const ALL: Region = { clear: 0, set: 0 }
/** Bags of a parted text share the table: the second uses the odd rows, each of the others every fourth row. */
const REGIONS = [
  { clear: 3, set: 0 },
  { clear: 1, set: 1 },
  { clear: 3, set: 2 },
] as const

/**
 * The rows of the embedding table for the features of one text, each once, in order of first occurrence. Buffers are reused:
 * `rows[0..count)` and `ends`, the end of each bag, are valid until the next text.
 */
export abstract class FeatureRows {
  readonly settings: TokenizerSettings
  readonly rows: Int32Array
  /** 1 if the feature is entirely inside the leading or trailing signature. */
  readonly inSignature: Uint8Array
  readonly ends: Int32Array
  count = 0
  /** 1 while features inside the signature are added. */
  protected signature = 0
  protected counting = false
  readonly #mask: number
  readonly #known: Uint8Array | undefined
  readonly #seen: Uint32Array
  #stamp = 0
  readonly #times: Uint16Array
  /** The current bag: its first index, and its rows. */
  #first = 0
  #region: Region = ALL

  /** `most`: limit of features per text, excess ones are dropped. `known`: 1 for each row that may be used; all if absent. */
  constructor(settings: TokenizerSettings, most: number, known?: Uint8Array) {
    this.settings = settings
    this.rows = new Int32Array(most)
    this.inSignature = new Uint8Array(most)
    this.ends = new Int32Array(bagsOf(settings))
    this.#mask = (1 << settings.bits) - 1
    this.#known = known
    this.#seen = new Uint32Array(1 << settings.bits)
    this.#times = new Uint16Array(settings.parted === true ? 1 << settings.bits : 0)
  }

  protected begin(): void {
    this.count = 0
    this.#stamp++
    if (this.#stamp === 0xffffffff) {
      this.#seen.fill(0)
      this.#stamp = 1
    }
    this.signature = 0
    this.#first = 0
    this.#region = this.settings.parted === true ? REGIONS[0] : ALL
  }

  /** Ends a bag and starts the next with a feature that every text has. */
  protected beginBag(bag: 1 | 2): void {
    this.ends[bag - 1] = this.count
    this.#first = this.count
    this.#region = REGIONS[bag]
    this.add(Math.imul(bag, 0x632be5ab) ^ BAG)
  }

  protected end(): void {
    this.ends[this.ends.length - 1] = this.count
  }

  /** The first feature of a bag always counts as known, so that no bag is empty. */
  protected add(hash: number): void {
    let h = hash ^ (hash >>> 15)
    h = Math.imul(h, 0x2c1b3c6d)
    h ^= h >>> 12
    h = Math.imul(h, 0x297a2d39)
    h ^= h >>> 15
    const row = (h & this.#mask & ~this.#region.clear) | this.#region.set
    if (this.#known !== undefined && this.#known[row] === 0 && this.count > this.#first) return
    if (this.#seen[row] === this.#stamp) {
      if (this.counting) this.#again(row)
      return
    }
    this.#seen[row] = this.#stamp
    if (this.counting) this.#times[row] = 1
    if (this.count === this.rows.length) return
    this.inSignature[this.count] = this.signature
    this.rows[this.count++] = row
  }

  /** The second and the fourth occurrence of a counted feature are separate features. */
  #again(row: number): void {
    const now = (this.#times[row] as number) + 1
    this.#times[row] = now
    if (now !== 2 && now !== 4) return
    this.counting = false
    this.add(Math.imul(row + 1, 0x9e3779b1) ^ (AGAIN + now))
    this.counting = true
  }
}
