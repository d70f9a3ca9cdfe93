const TENANT = /^[a-z0-9-]{1,32}$/

/** Names of tenants, for messages. */
export const TENANT_FORM = '1 to 32 letters a-z, digits or -'

export function isTenant(value: unknown): value is string {
  return typeof value === 'string' && TENANT.test(value)
}

/** The tenant that a record names, in small letters; undefined: it names none, as if the field were absent. */
export function readTenant(value: unknown): string | undefined {
  const name = typeof value === 'string' ? value.trim().toLowerCase() : undefined
  return isTenant(name) ? name : undefined
}
