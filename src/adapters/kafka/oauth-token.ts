import { given } from '../../domain/given.ts'

/** An OAuth 2 server that issues tokens for the brokers by the client credentials grant (RFC 6749, 4.4). */
export interface OauthClient {
  /** http:// or https:// */
  readonly endpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
}

/** The server refuses the client: a person must act first. The message contains neither secret nor token. */
export class OauthRefused extends Error {
  override readonly name = 'OauthRefused'
  /** Tells kafkajs not to retry immediately. */
  readonly retriable = false
}

interface Token {
  readonly value: string
  /** Time of performance.now(). */
  readonly freshUntil: number
  readonly validUntil: number
}

const WITHIN = 5_000
const MAX_BYTES = 65_536
/** Lifetime of a token that does not state one, ms. */
const DEFAULT_LIFE = 300_000
/** kafkajs logs in again 10 s before a session ends, which is when its token expires. The next token is fetched before that, ms. */
const AHEAD = 15_000
const TOKEN = /^[\w.~+/-]+=*$/
const PASSING = new Set([408, 425, 429])

/** Caches the token of a client and fetches the next one when at most a fifth of its lifetime is left. */
export class OauthTokens {
  readonly #client: OauthClient
  readonly #now: () => number
  #token: Token | undefined
  #fetching: Promise<Token> | undefined

  /** `now` is monotonic, ms. */
  constructor(client: OauthClient, now: () => number = () => performance.now()) {
    this.#client = client
    this.#now = now
  }

  /**
   * A valid token. Rejects with OauthRefused, or with another error if the server does not answer; while the cached
   * token is valid, it is returned instead.
   */
  async current(): Promise<string> {
    const held = this.#token
    if (held && this.#now() < held.freshUntil) return held.value
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    try {
      this.#token = await this.#fetching
      return this.#token.value
    } catch (error) {
      if (held && this.#now() < held.validUntil) return held.value
      throw error
    }
  }

  refused(token: string): void {
    if (this.#token?.value === token) this.#token = undefined
  }

  async #fetch(): Promise<Token> {
    const { endpoint, clientId, clientSecret, scope } = this.#client
    const login = [clientId, clientSecret].map((part) => encodeURIComponent(part)).join(':')
    const began = this.#now()
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(login).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...given({ scope: scope || undefined }),
      }).toString(),
      signal: AbortSignal.timeout(WITHIN),
      redirect: 'error',
    }).catch((error: Error) => {
      throw new Error(`token endpoint: ${reasonOf(error)}`)
    })
    const answer = await answerOf(response)
    if (!response.ok) throw refusal(response.status, answer)
    const { access_token: value, expires_in: expires } = answer ?? {}
    if (typeof value !== 'string' || !TOKEN.test(value))
      throw new Error('token endpoint: the answer has no access_token: check the URL')
    const life = Number(expires) > 0 ? Number(expires) * 1000 : DEFAULT_LIFE
    return {
      value,
      freshUntil: began + life - Math.max(life / 5, AHEAD),
      validUntil: began + life,
    }
  }
}

function reasonOf({ cause, message, name }: Error): string {
  if (name === 'TimeoutError') return `no answer within ${WITHIN / 1000} s`
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

/** Undefined if the body is too long or not a JSON object. */
async function answerOf(response: Response): Promise<Readonly<Record<string, unknown>> | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > MAX_BYTES) return undefined
      chunks.push(chunk)
    }
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The server reports the error as a code such as `invalid_client` or `invalid_scope`. */
function refusal(status: number, answer: Readonly<Record<string, unknown>> | undefined): Error {
  const code =
    typeof answer?.error === 'string' && /^[a-z_]{1,40}$/.test(answer.error) ? ` ${answer.error}` : ''
  const message = `token endpoint: HTTP ${status}${code}`
  return status >= 400 && status < 500 && !PASSING.has(status)
    ? new OauthRefused(message)
    : new Error(message)
}
