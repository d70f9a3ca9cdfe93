import { setTimeout as sleep } from 'node:timers/promises'

/** How long closing a connection may take, ms: the client waits for answers that a broker that hangs never gives. */
const CLOSE_WITHIN = 2_000

/** Resolves when it is closed, or after two seconds. Never rejects. */
export async function closed(closing: Promise<unknown> | undefined): Promise<void> {
  await Promise.race([closing?.catch(() => undefined), sleep(CLOSE_WITHIN, undefined, { ref: false })])
}
