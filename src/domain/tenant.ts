const TENANT = /^[a-z0-9-]{1,32}$/

/** Names of tenants, for messages. */
export const TENANT_FORM = '1 to 32 letters a-z, digits or -'

/** Whether a value names a tenant: what names none is as if it were absent. */
export function isTenant(value: unknown): value is string {
  return typeof value === 'string' && TENANT.test(value)
}
