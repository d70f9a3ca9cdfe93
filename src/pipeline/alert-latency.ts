import type { Emit } from '../domain/events.ts'
import type { Clock, OutputRecord } from '../domain/ports.ts'
import type { Intaken } from './outputs.ts'

const ALERT_OF_MESSAGE = 'message:'

/** Reports the time from the broker's append of messages to the acknowledgement of their alerts, which has just arrived. */
export function reportAlertLatency(
  items: readonly Intaken[],
  outputs: readonly OutputRecord[],
  { clock, emit }: { readonly clock: Clock; readonly emit: Emit },
): void {
  const alerted = new Set<string>()
  for (const { channel, key } of outputs)
    if (channel === 'alerts' && key?.startsWith(ALERT_OF_MESSAGE))
      alerted.add(key.slice(ALERT_OF_MESSAGE.length))
  if (alerted.size === 0) return
  const now = clock.now()
  const seconds = items.flatMap((item) =>
    item.kind === 'message' && alerted.has(item.message.id)
      ? [Math.max(0, now - item.message.receivedAt) / 1000]
      : [],
  )
  if (seconds.length > 0) emit({ name: 'alert_latency', seconds })
}
