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
}
