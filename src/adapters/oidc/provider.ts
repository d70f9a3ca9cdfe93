import * as oidc from 'openid-client'
import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'

export interface OidcClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  readonly homeUri: string
  /** Separated by spaces. */
  readonly scope: string
  /** Required claims; those missing from the id token are requested from the provider. */
  readonly claims: readonly string[]
  /** Trusted time, epoch ms, for validating tokens: the clock of the host may be wrong. */
  readonly now: () => Promise<number>
}

/** State of a login between redirect and callback: secret, single-use. */
export interface LoginAttempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export type Claims = Readonly<Record<string, unknown>>

/** A failed login; `reason` contains no secret. `silent` means that there was no valid OpenID answer. */
export class LoginFailed extends Error {
  readonly reason: string
  readonly silent: boolean
  constructor(reason: string, silent: boolean) {
    super(reason)
    this.reason = reason
    this.silent = silent
  }
}

/** Clock drift after which the correction is renewed, s. */
const STEADY = 10
/** Timeout of the provider, s. */
const WITHIN = 5
/** Error codes of the library for answers that are late or do not conform to OpenID. */
const SILENT = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_PARSE_ERROR'])

/**
 * Logs people in with the authorization code grant, PKCE, state and nonce, and verifies the signature of the id token.
 * The provider is discovered at the first login, so it need not be running when the desk starts.
 */
export class OidcProvider {
  readonly #client: OidcClient
  #found: Promise<oidc.Configuration> | undefined
  /** Added to the clock of the host, s. */
  #correction = 0

  constructor(client: OidcClient) {
    this.#client = client
  }

  /** The address to redirect to. Rejects with LoginFailed, and with the errors of `now`. */
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

  /** The claims about the person, from the query of the callback address. Rejects as `begin` does. */
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

  /** The provider's logout page; undefined if it has none or has not been discovered yet. */
  async endAddress(): Promise<string | undefined> {
    const config = await this.#found?.catch(() => undefined)
    if (config?.serverMetadata().end_session_endpoint === undefined) return undefined
    return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: this.#client.homeUri }).href
  }

  /** A failed discovery is repeated at the next login. */
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
      ...given({ execute: isClear ? [oidc.allowInsecureRequests] : undefined }),
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

/** Turns errors of the library and the network into LoginFailed, without quoting answers. */
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
