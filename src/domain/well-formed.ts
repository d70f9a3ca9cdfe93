const LONE_SURROGATE = /\p{Surrogate}/u
const LONE_SURROGATES = /\p{Surrogate}/gu

/** Replaces lone surrogates with U+FFFD: they have no UTF-8 form, and Redis and PostgreSQL refuse their escapes in JSON. */
export function wellFormed(text: string): string {
  return LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, '\ufffd') : text
}
