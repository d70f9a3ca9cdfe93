import { given } from '../../domain/given.ts'
import type { Label } from '../../domain/labels.ts'
import { LABELS } from '../../domain/labels.ts'
import { getOrInsert } from '../../domain/maps.ts'
import type { SenderCount, SenderMinute } from '../../domain/sender-minutes.ts'
import { isTenant } from '../../domain/tenant.ts'
import { HOUR, MINUTE } from '../../domain/time.ts'
import { wellFormed } from '../../domain/well-formed.ts'

/** A minute without additions for this long is complete, even if the watermark does not advance, ms. */
export const SETTLED_AFTER = 2 * MINUTE
/** A minute that grows after it was written is written again after this time, ms. */
export const REWRITE_AFTER = MINUTE
/** Retention of a minute after its last addition; messages older than the newest by more are not counted, ms. */
export const KEPT = 6 * HOUR
/** Maximum number of senders per minute and partition; messages of further senders are not in the statistics. */
export const SENDER_CAP = 20_000

export interface MinuteState {
  readonly version: number
  /** Wall clock of the last addition. */
  readonly touched: number
  /** The last version written, and when; absent if none. */
  readonly written?: { readonly version: number; readonly at: number }
}

/** Whether the counts of a minute must be written. `parts` are its states on the partitions that have counted for it. */
export function isDue(
  minute: number,
  parts: readonly MinuteState[],
  watermark: number | undefined,
  now: number,
): boolean {
  if (parts.every(({ version, written }) => version === written?.version)) return false
  const writtenAt = Math.max(...parts.map(({ written }) => written?.at ?? Number.NEGATIVE_INFINITY))
  if (writtenAt !== Number.NEGATIVE_INFINITY) return now - writtenAt >= REWRITE_AFTER
  if (watermark !== undefined && watermark >= (minute + 1) * MINUTE) return true
  return now - Math.max(...parts.map(({ touched }) => touched)) >= SETTLED_AFTER
}

/**
 * Fields of a minute: `<index of the label in LABELS><signature>@<port>` → messages, `s<signature>@<port>` →
 * enterprise, followed by a line break and the tenant if there is one; earlier versions show both together. All are
 * well-formed Unicode, as UTF-8 rows and the JSON decoder of Redis require.
 */
export function countField({ label, signature, port }: SenderCount): string {
  return wellFormed(`${LABELS.indexOf(label)}${signature}@${port}`)
}

export function enterpriseField({ signature, port }: SenderCount): string {
  return wellFormed(`s${signature}@${port}`)
}

/** Value of the enterprise field; undefined if the message names neither enterprise nor tenant. */
export function enterpriseOf({ sp, tenant }: SenderCount): string | undefined {
  if (sp === undefined && tenant === undefined) return undefined
  return wellFormed(tenant === undefined ? sp! : `${sp ?? ''}\n${tenant}`)
}

function readEnterprise(value: string): { readonly sp?: string; readonly tenant?: string } {
  const end = value.lastIndexOf('\n')
  const tenant = value.slice(end + 1)
  if (end < 0 || !isTenant(tenant)) return { sp: value }
  return { ...given({ sp: end > 0 ? value.slice(0, end) : undefined }), tenant }
}

export function sendersOf(
  parts: readonly Iterable<readonly [field: string, value: string]>[],
): SenderMinute[] {
  const senders = new Map<string, { sent: Partial<Record<Label, number>>; sp?: string; tenant?: string }>()
  for (const part of parts) {
    for (const [field, value] of part) {
      const name = field.slice(1)
      const sender = getOrInsert(senders, name, () => ({ sent: {} }))
      if (field[0] === 's') Object.assign(sender, readEnterprise(value))
      else {
        const label = LABELS[Number(field[0])]!
        sender.sent[label] = (sender.sent[label] ?? 0) + Number(value)
      }
    }
  }
  return [...senders].map(([name, { sent, sp, tenant }]) => {
    // A signature may contain an @, a port cannot.
    const at = name.lastIndexOf('@')
    return {
      signature: name.slice(0, at),
      port: name.slice(at + 1),
      ...given({ sp, tenant }),
      sent,
    }
  })
}
