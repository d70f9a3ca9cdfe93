/** Personal numbers, in the forms of records and older rows, and as shown on dashboards. */
export const NUMBERS_OF_PERSONS: readonly (readonly [number: string, shown: string])[] = [
  ['13800138000', '138****8000'],
  ['8613800138000', '86138****8000'],
  ['+8613800138000', '+86138****8000'],
  ['008613800138000', '0086138****8000'],
  ['+86 138 0013 8000', '+86 138****8000'],
  ['138-0013-8000', '138****8000'],
  ['+86-138-0013-8000', '+86-138****8000'],
  ['port:+86 13800138000', 'port:+86 138****8000'],
  ['京东@138 0013 8000', '京东@138****8000'],
]

/** Senders shown unmasked. */
export const OTHER_SENDERS = ['10690200001', '+8610690200001', '95588', '1069 1380 0138 000', '138001380001']
