import * as oidc from 'openid-client'
import { SigwatchError } from '../../domain/errors.ts'

/** How the desk is known to an OpenID provider. */
export interface OidcClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  readonly homeUri: string
  /** With spaces between them. */
  readonly scope: string
  /** Claims that are needed; what the id token lacks is asked of the provider. */
  readonly claims: readonly string[]
  /** The trusted time, epoch ms, by which tokens are judged: the clock of the host may be wrong. */
  readonly now: () => Promise<number>
}

/** What is kept of a login between its beginning and its end: secret, and of one use. */
export interface LoginAttempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export type Claims = Readonly<Record<string, unknown>>

/** A login that failed; `reason` names no secret. `silent`: the provider does not answer as one. */
export class LoginFailed extends Error {
  readonly reason: string
  readonly silent: boolean
  constructor(reason: string, silent: boolean) {
    super(reason)
    this.reason = reason
    this.silent = silent
  }
}

/** The clock is corrected again when it has gone wrong by more, s. */
const STEADY = 10
/** Seconds in which the provider answers. */
const WITHIN = 5
/** Codes of the library for answers that are late, or none of an OpenID provider. */
const SILENT = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_PARSE_ERROR'])

/**
 * Logs people in at an OpenID provider by the authorization code grant with PKCE, state and nonce; the signature of the id
 * token is checked too. The provider is looked up at the first login, so that it need not run when the desk starts.
 */
export class OidcProvider {
  readonly #client: OidcClient
  #found: Promise<oidc.Configuration> | undefined
  /** What is added to the clock of the host, s. */
  #correction = 0

  constructor(client: OidcClient) {
    this.#client = client
  }

  /** Where a login begins. Rejects with LoginFailed, and with what `now` rejects with. */
  async begin(): Promise<{ readonly address: string; readonly attempt: LoginAttempt }> {
    return failing(async () => {
      const config = await this.#config()
      const verifier = oidc.randomPKCECodeVerifier()
      const attempt = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier }
      const { redirectUri, scope } = this.#client
      const { href } = oidc.buildAuthorizationUrl(config, {
        ...{ redirect_uri: redirectUri, scope, state: attempt.state, nonce: attempt.nonce },
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return { address: href, attempt }
    })
  }

  /** The claims about the person, by the query of the address that it led back to. Rejects as `begin` does. */
  async finish(query: URLSearchParams, { state, nonce, verifier }: LoginAttempt): Promise<Claims> {
    return failing(async () => {
      const config = await this.#config()
      const back = new URL(this.#client.redirectUri)
      back.search = query.toString()
      const tokens = await oidc.authorizationCodeGrant(config, back, {
        ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
        idTokenExpected: true,
      })
      const claims = tokens.claims()!
      const isWhole = this.#client.claims.every((name) => claimOf(claims, name) !== undefined)
      if (isWhole || config.serverMetadata().userinfo_endpoint === undefined) return claims
      return { ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims }
    })
  }

  /** Where a person logs out of the provider as well; undefined: it has no such page, or has not been asked yet. */
  async endAddress(): Promise<string | undefined> {
    const config = await this.#found?.catch(() => undefined)
    if (config?.serverMetadata().end_session_endpoint === undefined) return undefined
    return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: this.#client.homeUri }).href
  }

  /** A lookup that failed is made again at the next login. */
  async #config(): Promise<oidc.Configuration> {
    const correction = Math.round(((await this.#client.now()) - Date.now()) / 1000)
    if (Math.abs(correction - this.#correction) > STEADY) {
      this.#correction = correction
      this.#found = undefined
    }
    this.#found ??= this.#discover().catch((error: unknown) => {
      this.#found = undefined
      throw error
    })
    return this.#found
  }

  async #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#client
    const place = new URL(issuer)
    const isClear = place.protocol === 'http:'
    const found = await oidc.discovery(place, clientId, undefined, oidc.None(), {
      timeout: WITHIN,
      ...(isClear ? { execute: [oidc.allowInsecureRequests] } : {}),
    })
    const known = found.serverMetadata()
    const methods = known.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const login = methods.includes('client_secret_basic') ? oidc.ClientSecretBasic : oidc.ClientSecretPost
    const metadata = { [oidc.clockSkew]: this.#correction }
    const config = new oidc.Configuration(known, clientId, metadata, login(clientSecret))
    config.timeout = WITHIN
    if (isClear) oidc.allowInsecureRequests(config)
    oidc.enableNonRepudiationChecks(config)
    return config
  }
}

/** A claim by its name, or by the way to it with dots. */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Claims)[part]
          : undefined,
      claims,
    )
}

/** Errors of the library and the network as LoginFailed, without what they quote of answers. */
async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SigwatchError) throw error
    const { code, error: said, cause } = error as { code?: string; error?: string; cause?: { code?: string } }
    const isOfNetwork = error instanceof TypeError
    const reason = said ?? (isOfNetwork ? cause?.code : code) ?? 'unknown'
    throw new LoginFailed(
      /^[\w-]{1,64}$/.test(reason) ? reason : 'unknown',
      isOfNetwork || SILENT.has(code ?? ''),
    )
  }
}
