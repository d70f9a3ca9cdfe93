import { inspect } from 'node:util'
import type { TokenKey } from '../domain/token.ts'

const HIDDEN = '[secret]'

/** A value that no log, message or JSON shows: only `reveal` gives it. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return HIDDEN
  }
  toJSON(): string {
    return HIDDEN
  }
  [inspect.custom](): string {
    return HIDDEN
  }
}

/** The HMAC key of recipient tokens and the id that tokens carry, so that keys can be changed. */
export interface TokenKeySetting {
  readonly keyId: string
  /** UTF-8 text; its bytes are the HMAC key. */
  readonly key: Secret
}

/** For those who compute with it. */
export function revealed({ keyId, key }: TokenKeySetting): TokenKey {
  return { keyId, key: key.reveal() }
}

/** Fixed and public: only for the embedded mode, where tokens do not leave the machine. */
export const DEVELOPMENT_TOKEN_KEY: TokenKeySetting = {
  keyId: 'dev',
  key: new Secret('sigwatch development key, public, for the embedded mode only'),
}
