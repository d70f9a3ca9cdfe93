/** Where tokens for the brokers come from: an OAuth 2 server, by the grant of client credentials (RFC 6749, 4.4). */
export interface OauthClient {
  /** http:// or https:// */
  readonly endpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
}

/** The server refuses the client: a person must act first. It shows neither secret nor token. */
export class OauthRefused extends Error {
  override readonly name = 'OauthRefused'
  /** For kafkajs, which would ask again at once. */
  readonly retriable = false
}

interface Token {
  readonly value: string
  /** Of performance.now(). */
  readonly freshUntil: number
  readonly validUntil: number
}

const WITHIN = 5_000
const MAX_BYTES = 65_536
/** Of a token that does not say how long it is valid, ms. */
const DEFAULT_LIFE = 300_000
/** kafkajs logs in again 10 s before a session ends, which lasts as long as its token: by then there is a new one, ms. */
const AHEAD = 15_000
const TOKEN = /^[\w.~+/-]+=*$/
/** Answers that say nothing against the client. */
const PASSING = new Set([408, 425, 429])

/** Holds the token of a client, and fetches the next when a fifth of its life or less is left. */
export class OauthTokens {
  readonly #client: OauthClient
  readonly #now: () => number
  #token: Token | undefined
  #fetching: Promise<Token> | undefined

  /** `now`: monotonic ms. */
  constructor(client: OauthClient, now: () => number = () => performance.now()) {
    this.#client = client
    this.#now = now
  }

  /**
   * A token that is valid. Rejects with OauthRefused, or with another error when the server does not answer; while the token
   * that is held is valid it serves on.
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

  /** Where the token is the one that is held, it is not given again. */
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
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }).toString(),
      signal: AbortSignal.timeout(WITHIN),
      redirect: 'error',
    }).catch((error: Error) => {
      throw new Error(`token endpoint: ${reasonOf(error)}`)
    })
    const answer = await answerOf(response)
    if (!response.ok) throw refusal(response.status, answer)
    const { access_token: value, expires_in: expires } = answer ?? {}
    if (typeof value !== 'string' || !TOKEN.test(value))
      throw new Error('token endpoint: the answer holds no access_token: the endpoint leads elsewhere')
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

/** undefined: no JSON object, or too long. */
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

/** The server names what is wrong by a code: `invalid_client`, `invalid_scope`. */
function refusal(status: number, answer: Readonly<Record<string, unknown>> | undefined): Error {
  const code =
    typeof answer?.error === 'string' && /^[a-z_]{1,40}$/.test(answer.error) ? ` ${answer.error}` : ''
  const message = `token endpoint: HTTP ${status}${code}`
  return status >= 400 && status < 500 && !PASSING.has(status)
    ? new OauthRefused(message)
    : new Error(message)
}
