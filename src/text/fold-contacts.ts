import { ADDING, ADDING_DISGUISED, ADDING_DISGUISED_FIRST, SHORT_NAME_STOPS } from './fold-tables.ts'
import { contactNames, contactTrie } from './fold-trie.ts'
import { bump, type Draft, KIND } from './plain.ts'
import { CJK, DIGIT, LATIN, unitClass, unitSet } from './plain-tables.ts'
import { foldContactsWords } from './words.generated.ts'

const SPACE = 0x20
const PLUS = 0x2b

const isAdding = unitSet(ADDING)
const isDisguised = unitSet(ADDING_DISGUISED)
const isDisguisedFirst = unitSet(ADDING_DISGUISED_FIRST)
const isShortStop = unitSet(SHORT_NAME_STOPS)
/** Separators between a messenger's name and the id. */
const isIdLead = unitSet(foldContactsWords.isIdLead)
/** Signs that make adjacent Latin letters part of a host, an address or an identifier. */
export const joinsLatin = unitSet('./@-_')
const ADD = foldContactsWords.add.charCodeAt(0)

/** Whether the unit at `at` is a disguise of 加. */
function isAddingDisguised(draft: Draft, at: number): boolean {
  if (at < 0) return false
  const unit = draft.units[at] as number
  if (isDisguised[unit] === 1) return true
  if (isDisguisedFirst[unit] === 0) return false
  return at === 0 || ((unitClass[draft.units[at - 1] as number] as number) & CJK) === 0
}

/** A Latin letter or a digit. */
export function isWordUnit(unit: number | undefined): boolean {
  return unit !== undefined && ((unitClass[unit] as number) & (LATIN | DIGIT)) !== 0
}

/** Position of the id after a messenger's name ending at `end`, or -1. */
function idAfter(draft: Draft, end: number, digitsOnly: boolean): number {
  const { units, length } = draft
  let i = end
  while (i < length && i < end + 4 && isIdLead[units[i] as number] === 1) i++
  let size = 0
  while (i + size < length && size < 5) {
    const unit = units[i + size] as number
    const kind = unitClass[unit] as number
    if ((kind & DIGIT) === 0 && (digitsOnly || ((kind & LATIN) === 0 && unit !== 0x5f && unit !== 0x2d)))
      break
    size++
  }
  return size >= (digitsOnly ? 5 : 2) ? i : -1
}

/** End of the name last found by `contactAt`. */
export let contactEnd = 0

/** Index in `contactNames` of a messenger's name at `at` whose context confirms it, or -1. Sets `contactEnd`. */
export function contactAt(draft: Draft, at: number): number {
  const { units, length } = draft
  const payload = contactTrie.longest(units, length, at)
  if (payload === undefined) return -1
  const { end } = contactTrie
  const name = contactNames[payload.weight] as (typeof contactNames)[number]
  if (
    isWordUnit(units[at]) &&
    at > 0 &&
    (isWordUnit(units[at - 1]) || joinsLatin[units[at - 1] as number] === 1)
  ) {
    return -1
  }
  let before = at - 1
  while (before >= 0 && before >= at - 2 && (units[before] === SPACE || units[before] === PLUS)) before--
  const verb = before >= 0 ? (units[before] as number) : 0
  const adding =
    isAdding[verb] === 1 || isAddingDisguised(draft, before) || (at > 0 && units[at - 1] === PLUS)
  const toQq = name.target[0] === 0x71
  const id = idAfter(draft, end, toQq && name.target.length === 2)
  // A Latin name must end here, or be followed by digits or by an id after a separator.
  if (
    isWordUnit(units[end - 1]) &&
    end < length &&
    ((unitClass[units[end] as number] as number) & LATIN) !== 0
  )
    return -1
  let accepted = name.ordinary ? adding && id >= 0 : adding || id >= 0
  if (
    !accepted &&
    name.short &&
    (units[before] === ADD || units[before] === PLUS || isAddingDisguised(draft, before))
  ) {
    accepted = end >= length || isShortStop[units[end] as number] === 0
  }
  if (accepted && name.ordinary && end < length && isShortStop[units[end] as number] === 1 && id < 0)
    return -1
  if (!accepted) return -1
  contactEnd = end
  return payload.weight
}

/** Replaces 伽, 咖, … at the end of `out` with 加 if they stand for it before a messenger's name. */
export function undisguiseAdding(out: Draft, length: number): number {
  let k = length - 1
  while (k >= 0 && k >= length - 2 && (out.units[k] === SPACE || out.units[k] === PLUS)) k--
  if (isAddingDisguised(out, k)) {
    out.units[k] = ADD
    bump(out, KIND.contact, 1)
  }
  return length
}
