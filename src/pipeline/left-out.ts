import type { Emit } from '../domain/events.ts'
import type { LeftOutReason } from '../domain/input-events.ts'
import type { InputMap } from '../settings/map-schema.ts'
import { at, stepsOf } from './json-pointer.ts'

export type CountLeftOut = (reason: LeftOutReason, count: number) => void

/** Number of recipients in a parsed record that its map does not read. */
export type CountUnread = (body: unknown) => number

/**
 * For a map that reads one element of a list of recipients: counts the other elements with a value in the same member.
 * Undefined for other maps.
 */
export function unreadRecipients({ to, split }: InputMap): CountUnread | undefined {
  const pointer = typeof to === 'string' ? to : to?.pointer
  if (split !== undefined || pointer === undefined) return undefined
  const steps = stepsOf(pointer)
  const last = steps.findLastIndex((step) => /^\d+$/.test(step))
  if (last < 0) return undefined
  const [list, own, rest] = [steps.slice(0, last), steps[last]!, steps.slice(last + 1)]
  return (body) => {
    const members = at(body, list)
    if (!Array.isArray(members)) return 0
    let others = 0
    for (const [i, member] of members.entries())
      if (String(i) !== own && (at(member, rest) ?? null) !== null) others++
    return others
  }
}

export function leftOutEvents(emit: Emit): CountLeftOut {
  return (reason, count) => emit({ name: 'mapping_left_out', reason, count })
}
