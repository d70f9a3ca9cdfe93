import type { Fault } from './files/operator-schema.ts'
import { type Form, FormError } from './setting-forms.ts'

export const SHORTEST_TOKEN = 24
export const MAKE_TOKEN = 'make one: openssl rand -hex 24'

function withRemedy(fault: Fault): Fault {
  return fault.path.at(-1) === 'token' ? { ...fault, message: `${fault.message}; ${MAKE_TOKEN}` } : fault
}

/** A list of the environment. Says nothing of the text that it cannot read: it holds tokens. */
function listedTokens(text: string, allowed: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new FormError(`is no JSON (allowed: ${allowed})`)
  }
}

/** What no schema says: entries that share what must tell them apart. */
function repeats(
  entries: readonly { readonly name: string; readonly token: string }[],
  key: 'name' | 'token',
): Fault[] {
  return entries.flatMap((entry, index) => {
    const first = entries.findIndex((other) => other[key] === entry[key])
    return first < index
      ? [{ path: [index, key], message: `is that of entry ${first + 1} too: use two` }]
      : []
  })
}

interface TokenEntry {
  readonly name: string
  readonly token: string
}

/**
 * A list of entries with a name and a token each, that `check` finds no fault with; as JSON in the environment. Tokens are
 * never shown. `what`: what the list is called when it is wrong.
 */
export function tokenList<E extends TokenEntry, T>(
  { what, allowed, check }: { what: string; allowed: string; check: (value: unknown) => readonly Fault[] },
  read: (entry: E) => T,
): Form<readonly T[]> {
  return {
    allowed,
    secret: true,
    nullable: false,
    read: (raw, { fromText }) => {
      const given = fromText && typeof raw === 'string' ? listedTokens(raw, allowed) : raw
      const faults = check(given).map(withRemedy)
      if (faults.length > 0) throw new FormError(`is no ${what}`, faults)
      const entries = given as readonly E[]
      const repeated = [...repeats(entries, 'name'), ...repeats(entries, 'token')]
      if (repeated.length > 0) throw new FormError(`is no ${what}`, repeated)
      return entries.map(read)
    },
  }
}
