import type { Fault } from './files/operator-schema.ts'
import { FormError } from './setting-forms.ts'

export const SHORTEST_TOKEN = 24
export const MAKE_TOKEN = 'make one: openssl rand -hex 24'

export function withRemedy(fault: Fault): Fault {
  return fault.path.at(-1) === 'token' ? { ...fault, message: `${fault.message}; ${MAKE_TOKEN}` } : fault
}

/** A list of the environment. Says nothing of the text that it cannot read: it holds tokens. */
export function listedTokens(text: string, allowed: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new FormError(`is no JSON (allowed: ${allowed})`)
  }
}

/** What no schema says: entries that share what must tell them apart. */
export function repeats(
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
