import type { AuthenticationProviderArgs, Mechanism } from 'kafkajs'
import { OauthRefused } from './oauth-token.ts'

/** Where a login takes its token from. */
export interface TokenSource {
  current(): Promise<string>
  /** The brokers refuse the token: the next is another. */
  refused(token: string): void
}

const SEPARATOR = '\u0001'
/** Bytes of the length before every message of a login. */
const LENGTH = 4
const RAW = { decode: (bytes: Buffer) => bytes, parse: (bytes: Buffer) => bytes.subarray(LENGTH) }

/**
 * SASL/OAUTHBEARER (RFC 7628). A broker says in its answer that it refuses a token, which the client of the library does not
 * read: it would take the login for done and find its connections closed.
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
        // Asks for the end of the exchange, which is an error that names the reason.
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
