import { given } from '../../domain/given.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { SenderCount } from '../../domain/sender-minutes.ts'
import { MINUTE } from '../../domain/time.ts'

export function senderCountsOf(messages: readonly AnalysedMessage[]): SenderCount[] {
  return messages.map((message) => {
    const { id, position, byDeadline, ts, signature, from, record, label } = message
    return {
      position,
      ...(byDeadline ? { once: `${from}/${id}` } : {}),
      minute: Math.floor(ts / MINUTE),
      signature: signature?.name ?? '-',
      port: from,
      ...given({ sp: record.sp, tenant: record.tenant }),
      label,
    }
  })
}
