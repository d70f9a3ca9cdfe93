import {
  type Claims,
  claimOf,
  type LoginAttempt,
  LoginFailed,
  type OidcProvider,
} from '../../adapters/oidc/provider.ts'
import { hasForm } from '../../settings/files/value-forms.ts'
import type { DeskRight, DeskRights } from '../../settings/token-forms.ts'
import { localPath } from './answers.ts'
import { Seal } from './seal.ts'

/** The OpenID provider, and the rights of its users. */
export interface ProviderLogins {
  readonly provider: Pick<OidcProvider, 'begin' | 'finish' | 'endAddress'>
  /** Host of the provider, for display. */
  readonly host: string
  /** Whether browsers reach the desk over TLS. */
  readonly isSecure: boolean
  /** The claims that contain the user's name and the values looked up in `rights`. */
  readonly name: string
  readonly claim: string
  readonly rights: Readonly<Record<string, DeskRights>>
}

/** The user who logged in, or why the login failed. `name` is set if the user has no rights here. */
export type ProviderAnswer =
  | { readonly name: string; readonly may: readonly DeskRight[]; readonly next: string | undefined }
  | {
      readonly fault: 'loginStale' | 'loginRefused' | 'loginSilent' | 'loginNameless' | 'loginNoRight'
      readonly reason: string
      readonly name?: string
    }

/** Time limit for completing a login, ms. */
export const ATTEMPT_LASTS = 600_000
const USE = 'login'

/**
 * Logins through a provider. The state of a login is sealed in a cookie, so that only the browser that started the login can
 * complete it, and logins that are never completed use no memory.
 */
export class ProviderLogin {
  readonly logins: ProviderLogins
  readonly #taken: ReadonlySet<string>
  readonly #seal = new Seal()

  /** `taken`: names used by tokens, which users of the provider cannot have. */
  constructor(logins: ProviderLogins, taken: readonly string[]) {
    this.logins = logins
    this.#taken = new Set(taken)
  }

  /** The address to redirect to, and the state for the cookie. Rejects with LoginFailed. */
  async begin(next: string | null, now: number): Promise<{ address: string; kept: string }> {
    const { address, attempt } = await this.logins.provider.begin()
    const kept = JSON.stringify({ ...attempt, next: localPath(next), until: now + ATTEMPT_LASTS })
    return { address, kept: this.#seal.close(kept, USE) }
  }

  async finish(query: URLSearchParams, kept: string, now: number): Promise<ProviderAnswer> {
    const text = this.#seal.open(kept, USE)
    const attempt =
      text === undefined ? undefined : (JSON.parse(text) as LoginAttempt & { next?: string; until: number })
    if (!attempt || attempt.until < now) return { fault: 'loginStale', reason: 'stale' }
    try {
      return this.#personOf(await this.logins.provider.finish(query, attempt), attempt.next)
    } catch (error) {
      if (!(error instanceof LoginFailed)) throw error
      return { fault: error.silent ? 'loginSilent' : 'loginRefused', reason: error.reason }
    }
  }

  #personOf(claims: Claims, next: string | undefined): ProviderAnswer {
    const { rights } = this.logins
    const name = claimOf(claims, this.logins.name)
    if (typeof name !== 'string' || !hasForm('user', name))
      return { fault: 'loginNameless', reason: 'no name' }
    const values = [claimOf(claims, this.logins.claim)].flat()
    const may = values.flatMap((value) =>
      typeof value === 'string' && Object.hasOwn(rights, value) ? rights[value]! : [],
    )
    if (may.length === 0) return { fault: 'loginNoRight', reason: 'no right', name }
    if (this.#taken.has(name)) return { fault: 'loginNameless', reason: 'name of a token' }
    return { name, may, next }
  }
}
