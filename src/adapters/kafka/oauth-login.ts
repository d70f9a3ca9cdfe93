import type { AuthenticationProviderArgs, Mechanism } from 'kafkajs'
import { OauthRefused } from './oauth-token.ts'

export interface TokenSource {
  current(): Promise<string>
  /** The brokers refuse this token; `current` must return another one next time. */
  refused(token: string): void
}

const SEPARATOR = '\u0001'
/** Length prefix of every login message, bytes. */
const LENGTH = 4
const RAW = { decode: (bytes: Buffer) => bytes, parse: (bytes: Buffer) => bytes.subarray(LENGTH) }

/**
 * SASL/OAUTHBEARER (RFC 7628). A broker reports a refused token in its response, which the client does not read: it
 * would consider the login successful and then find its connections closed.
 */
export function oauthLogin(tokens: TokenSource): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }: AuthenticationProviderArgs) => ({
      async authenticate() {
        const token = await tokens.current()
        const login = messageOf(`n,,${SEPARATOR}auth=Bearer ${token}${SEPARATOR}${SEPARATOR}`)
        const answer = await saslAuthenticate({ request: login, response: RAW })
        if (answer === undefined || answer.length === 0) return
        tokens.refused(token)
        // Completes the exchange, which makes the broker return the error with its reason.
        await saslAuthenticate({ request: messageOf(SEPARATOR), response: RAW })
        throw new OauthRefused('SASL OAUTHBEARER: the brokers refuse the token')
      },
    }),
  }
}

function messageOf(text: string) {
  const bytes = Buffer.alloc(LENGTH + Buffer.byteLength(text))
  bytes.writeInt32BE(bytes.length - LENGTH)
  bytes.write(text, LENGTH)
  return { encode: () => bytes }
}
