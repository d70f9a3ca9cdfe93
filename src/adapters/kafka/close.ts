import { setTimeout as sleep } from 'node:timers/promises'

/** Time limit for closing a connection, ms: the client would wait forever for a broker that hangs. */
const CLOSE_WITHIN = 2_000

/** Resolves when the connection is closed, or after two seconds. Never rejects. */
export async function closed(closing: Promise<unknown> | undefined): Promise<void> {
  await Promise.race([closing?.catch(() => undefined), sleep(CLOSE_WITHIN, undefined, { ref: false })])
}
