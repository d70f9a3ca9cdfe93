/** The header in front of the text of an SMS: 3GPP TS 23.040, section 9.2.3.24. */
export interface UserDataHeader {
  /** Length in bytes, including the length byte. */
  readonly length: number
  /** Part of a concatenated SMS; absent for other messages and for a single part. */
  readonly part?: { readonly ref: string; readonly index: number; readonly count: number }
}

const CONCATENATED = 0x00
const CONCATENATED_16 = 0x08
const KNOWN: ReadonlyMap<number, number> = new Map([
  [CONCATENATED, 3],
  [0x01, 2],
  [0x04, 2],
  [0x05, 4],
  [CONCATENATED_16, 4],
  [0x24, 1],
  [0x25, 1],
])

/**
 * The user data header at the start of the bytes, or undefined if there is none. Every element must be known
 * (concatenation, special messages, ports, national languages) and have the right length, so that a text is unlikely to
 * be taken for a header.
 */
export function readUserDataHeader(bytes: Buffer): UserDataHeader | undefined {
  const length = (bytes[0] ?? 0) + 1
  if (length < 4 || length > bytes.length) return undefined
  let part: UserDataHeader['part']
  let at = 1
  while (at < length) {
    const [element, size] = [bytes[at]!, bytes[at + 1]]
    if (size === undefined || KNOWN.get(element) !== size || at + 2 + size > length) return undefined
    const body = bytes.subarray(at + 2, at + 2 + size)
    if (element === CONCATENATED) part = partOf(body[0]!, body[1]!, body[2]!)
    if (element === CONCATENATED_16) part = partOf(body.readUInt16BE(0), body[2]!, body[3]!)
    at += 2 + size
  }
  return part === undefined ? { length } : { length, part }
}

function partOf(ref: number, count: number, index: number): UserDataHeader['part'] {
  return count < 2 || index < 1 || index > count ? undefined : { ref: String(ref), index, count }
}
