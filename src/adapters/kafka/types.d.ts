declare module 'snappyjs' {
  /** Raw Snappy, without framing. */
  export function uncompress(compressed: Buffer): Buffer
  export function compress(plain: Buffer): Buffer
}

declare module 'lz4js' {
  /** Decompresses one LZ4 block to `at` of `target` and returns the end. Matches may refer to earlier bytes of `target`. */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    from: number,
    length: number,
    at: number,
  ): number
}
