/** Characters that appear when bytes are decoded with the wrong encoding. */
const MISREAD = /[\ufffd\ue000-\uf8ff]/
const LATIN1 = /^[\0-\xff]+$/
const NOT_ASCII = /[^\0-\x7f]/
/** Bytes in hex or base64 that were not decoded. */
const HEX = /^(?:[0-9A-Fa-f]{2}){8,}$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const DECODERS = ['utf-8', 'gbk'].map((encoding) => new TextDecoder(encoding, { fatal: true }))
const HAN = /\p{Script=Han}/gu

/** Why a text that can be read looks wrong, or undefined if it looks fine. */
export function textDoubt(text: string): string | undefined {
  if (HEX.test(text)) return 'looks like bytes in hex; see form: hex'
  if (BASE64.test(text) && hidesChinese(Buffer.from(text, 'base64')))
    return 'looks like bytes in base64; see form: base64'
  const misread = MISREAD.test(text) || (isBytes(text) && hidesChinese(Buffer.from(text, 'latin1')))
  return misread ? 'was decoded with a wrong encoding before it came here' : undefined
}

/** Whether each character has the value of a byte, and some are not ASCII. */
function isBytes(text: string): boolean {
  return LATIN1.test(text) && NOT_ASCII.test(text)
}

function hidesChinese(bytes: Buffer): boolean {
  return DECODERS.some((decoder) => {
    try {
      const decoded = decoder.decode(bytes)
      return 2 * (decoded.match(HAN)?.length ?? 0) > decoded.length
    } catch {
      return false
    }
  })
}
