declare module 'snappyjs' {
  /** Raw Snappy, without a frame. */
  export function uncompress(compressed: Buffer): Buffer
  export function compress(plain: Buffer): Buffer
}

declare module 'lz4js' {
  /** One LZ4 block, appended at `at` of `target`; returns where it ends. References reach back into `target`. */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    from: number,
    length: number,
    at: number,
  ): number
  /**
   * One LZ4 block into `target` (which must have room for the worst case); returns its length, 0 when nothing was
   * gained. `table` has 65,536 entries, zero at the start of a block that refers to nothing before it.
   */
  export function compressBlock(
    source: Uint8Array,
    target: Uint8Array,
    from: number,
    length: number,
    table: Uint32Array,
  ): number
}
