import { addTo } from '../domain/maps.ts'

/** Indices of the items by shard, in chunks of at most `size`: no script call may block a server for long. */
export function chunksByShard<T, S>(
  items: readonly T[],
  shardOf: (item: T) => S,
  size: number,
): { readonly shard: S; readonly indices: readonly number[] }[] {
  const byShard = new Map<S, number[]>()
  for (const [i, item] of items.entries()) addTo(byShard, shardOf(item), i)
  const chunks: { shard: S; indices: readonly number[] }[] = []
  for (const [shard, all] of byShard)
    for (let from = 0; from < all.length; from += size)
      chunks.push({ shard, indices: all.slice(from, from + size) })
  return chunks
}
