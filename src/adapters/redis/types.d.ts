declare module 'cluster-key-slot' {
  /** Slot of a key on a Redis Cluster, from 0: CRC-16/XMODEM of its hash tag, or of the whole key, modulo 16,384. */
  export default function slotOf(key: string): number
}
