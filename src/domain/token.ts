import { hmacSha256 } from './sha256.ts'

export interface TokenKey {
  /** Identifies the key in every token, for key rotation. */
  readonly keyId: string
  /** Its UTF-8 bytes are the HMAC key. */
  readonly key: string
}

/** Turns a recipient in canonical form into `<keyId>.<base64url of the first 16 bytes of HMAC-SHA-256>`. */
export type Tokenise = (canonical: string) => string

/** Like `Tokenise`, under the current key, or under that of the token `like` if its key is known. */
export type TokeniseLike = (canonical: string, like?: string) => string

/** Makes tokens with the current key; with a former key for `like` tokens made under it. */
export function createKeyRing(current: TokenKey, former: readonly TokenKey[]): TokeniseLike {
  const tokenise = createTokeniser(current)
  const byId = new Map(former.map((key) => [key.keyId, createTokeniser(key)]))
  return (canonical, like = '') => {
    const keyId = like.slice(0, like.indexOf('.'))
    return (keyId === current.keyId ? tokenise : (byId.get(keyId) ?? tokenise))(canonical)
  }
}

/** The HMAC key state is computed once, as HMAC runs for every message. */
export function createTokeniser({ keyId, key }: TokenKey): Tokenise {
  const hmac = hmacSha256(Buffer.from(key, 'utf8'))
  return (canonical) => `${keyId}.${hmac(canonical).toString('base64url', 0, 16)}`
}
