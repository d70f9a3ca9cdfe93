import type { LeftOutReason } from '../domain/input-events.ts'
import { TENANT_FORM } from '../domain/tenant.ts'
import { named } from '../pipeline/field-map.ts'
import type { InputMap } from '../settings/map-schema.ts'

/** Warning about a record from which its map leaves something out, or undefined if that is intended. */
export function leftOutDoubt(reason: LeftOutReason, map: InputMap | null): string | undefined {
  if (reason === 'recipients')
    return `${named('to', map!.to!)}: the list there has further recipients, and only one is read; see split`
  if (reason === 'tenant')
    return `${named('tenant', map!.tenant!)}: names no tenant (allowed: ${TENANT_FORM}); values translate it`
  return reason === 'udh_as_text'
    ? `${named('text', map!.text!)}: begins with a user data header, which is read as text; see udh: true`
    : undefined
}
