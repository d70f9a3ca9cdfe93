import { named } from '../pipeline/field-map.ts'
import type { InputMap } from '../settings/map-schema.ts'

/**
 * Why a JSON record speaks to more recipients than its map reads: the last list on the way to `to` has other members with a
 * value in the same place. Undefined: it has none, or the value is no JSON. `value`: the body of the record as it came.
 */
export function unreadRecipients(map: InputMap | null, value: Buffer): string | undefined {
  const to = map?.to
  const pointer = typeof to === 'string' ? to : to?.pointer
  if (to === undefined || pointer === undefined || !/\/\d+(?:\/|$)/.test(pointer)) return undefined
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  let [others, rest]: [unknown[], string[]] = [[], []]
  let place = parsed(value)
  for (const [i, step] of steps.entries()) {
    if (Array.isArray(place)) {
      others = place.filter((_, member) => String(member) !== step)
      rest = steps.slice(i + 1)
    }
    place = memberOf(place, step)
  }
  const isRead = (member: unknown) => (rest.reduce(memberOf, member) ?? null) !== null
  if (!others.some(isRead)) return undefined
  return `${named('to', to)}: the list there has further recipients, and only one is read`
}

function memberOf(place: unknown, step: string): unknown {
  return typeof place === 'object' && place !== null ? (place as Record<string, unknown>)[step] : undefined
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'))
  } catch {
    return undefined
  }
}
