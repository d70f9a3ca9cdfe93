import { named } from '../input/field-map.ts'
import type { InputMap } from '../input/map-schema.ts'

/**
 * Why a JSON record speaks to more recipients than its map reads: the place of `to` lies in a list that has several
 * members. Undefined: it does not, or the value is no JSON. `value`: the body of the record as it came.
 */
export function unreadRecipients(map: InputMap | null, value: Buffer): string | undefined {
  const to = map?.to
  const pointer = typeof to === 'string' ? to : to?.pointer
  if (to === undefined || pointer === undefined || !/\/\d+(?:\/|$)/.test(pointer)) return undefined
  const steps = pointer.split('/').slice(1)
  for (let place = parsed(value); typeof place === 'object' && place !== null; ) {
    const step = steps.shift()
    if (step === undefined) return undefined
    if (Array.isArray(place) && place.length > 1)
      return `${named('to', to)}: the list there has further recipients, and only one is read`
    place = (place as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return undefined
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'))
  } catch {
    return undefined
  }
}
