import { inspect } from 'node:util'
import type { Emit } from '../domain/events.ts'
import { createTokeniser, type TokenKey } from '../domain/token.ts'

const HIDDEN = '[secret]'

/** A value hidden from logs, messages and JSON; only `reveal` returns it. */
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

/** A secret read from a file, whose content may change later. */
export class FileSecret extends Secret {
  readonly file: string
  constructor(value: string, file: string) {
    super(value)
    this.file = file
  }
}

/** HMAC key of recipient tokens and its id, which tokens contain so that keys can be rotated. */
export interface TokenKeySetting {
  readonly keyId: string
  /** UTF-8 text; its bytes are the HMAC key. */
  readonly key: Secret
}

/** The key in clear, for computing tokens. */
export function revealed({ keyId, key }: TokenKeySetting): TokenKey {
  return { keyId, key: key.reveal() }
}

/** Fixed and public; only for the embedded mode, where tokens do not leave the machine. */
export const DEVELOPMENT_TOKEN_KEY: TokenKeySetting = {
  keyId: 'dev',
  key: new Secret('sigwatch development key, public, for the embedded mode only'),
}

/** The part of Config with the token key. */
interface WithTokenKey {
  readonly privacy: { readonly tokenKey?: TokenKeySetting | null | undefined }
}

/** Tokeniser with the configured key, else with the development key and a warning. */
export function tokeniserOf({ privacy }: WithTokenKey, emit: Emit) {
  const setting = privacy.tokenKey
  if (!setting) {
    const message =
      'privacy.tokenKey is not set: recipients are tokenised with the public development key, which is for trials only'
    emit({ name: 'warning', message })
  }
  return createTokeniser(revealed(setting ?? DEVELOPMENT_TOKEN_KEY))
}
