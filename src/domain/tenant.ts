const TENANT = /^[a-z0-9-]{1,32}$/

export const TENANT_FORM = '1 to 32 letters a-z, digits or -'

export function isTenant(value: unknown): value is string {
  return typeof value === 'string' && TENANT.test(value)
}

/** The tenant named by a record, in lower case; undefined if it names none or the field is absent. */
export function readTenant(value: unknown): string | undefined {
  const name = typeof value === 'string' ? value.trim().toLowerCase() : undefined
  return isTenant(name) ? name : undefined
}
