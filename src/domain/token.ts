import { hmacSha256 } from './sha256.ts'

export interface TokenKey {
  /** Names the key in every token, so that keys can be changed. */
  readonly keyId: string
  /** Its UTF-8 bytes are the HMAC key. */
  readonly key: string
}

/** Turns a recipient in canonical form into `<keyId>.<base64url of the first 16 bytes of HMAC-SHA-256>`. */
export type Tokenise = (canonical: string) => string

/** The same under the current key, or under the key of `like`, a token, where that key is known. */
export type TokeniseLike = (canonical: string, like?: string) => string

/** Understands tokens of former keys; makes those of the current one, the first. */
export function createKeyRing(current: TokenKey, former: readonly TokenKey[]): TokeniseLike {
  const tokenise = createTokeniser(current)
  const byId = new Map(former.map((key) => [key.keyId, createTokeniser(key)]))
  return (canonical, like = '') => {
    const keyId = like.slice(0, like.indexOf('.'))
    return (keyId === current.keyId ? tokenise : (byId.get(keyId) ?? tokenise))(canonical)
  }
}

/** HMAC runs for every message: the key is taken in once. */
export function createTokeniser({ keyId, key }: TokenKey): Tokenise {
  const hmac = hmacSha256(Buffer.from(key, 'utf8'))
  return (canonical) => `${keyId}.${hmac(canonical).toString('base64url', 0, 16)}`
}
