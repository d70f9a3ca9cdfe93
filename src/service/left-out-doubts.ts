import type { LeftOutReason } from '../domain/input-events.ts'
import type { SmsRecord } from '../domain/message.ts'
import { TENANT_FORM } from '../domain/tenant.ts'
import { isRejection, type Rejection } from '../pipeline/decode.ts'
import { named } from '../pipeline/field-map.ts'
import type { InputMap } from '../settings/map-schema.ts'

/** Warning about a record from which its map leaves something out, or undefined if that is intended. */
export function leftOutDoubt(reason: LeftOutReason, map: InputMap | null): string | undefined {
  if (reason === 'recipients')
    return `${named('to', map!.to!)}: the list there has more recipients, and only one is read; see split`
  if (reason === 'tenant')
    return `${named('tenant', map!.tenant!)}: is not a tenant (allowed: ${TENANT_FORM}); values translate it`
  return reason === 'udh_as_text'
    ? `${named('text', map!.text!)}: begins with a user data header, which is read as text; see udh: true`
    : undefined
}

/** Warning about a split record whose items are the same message to the same recipient, or undefined. */
export function sameItemsDoubt(
  items: readonly (SmsRecord | Rejection)[],
  map: InputMap | null,
): string | undefined {
  const [first, ...others] = items.flatMap((item) => (isRejection(item) ? [] : [item]))
  const to = map?.to
  const isOfItem = (typeof to === 'string' ? to : to?.pointer)?.startsWith('.') ?? false
  if (map?.split === undefined || isOfItem || !first || others.length === 0) return undefined
  if (!others.every((item) => item.to === first.to && item.text === first.text)) return undefined
  return `${named('to', to!)}: all items have the same recipient and text; a pointer into the item begins with ./`
}
