import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TokenEndpoint {
  readonly url: string
  /** Requests so far. */
  readonly asked: { readonly authorization: string; readonly form: Readonly<Record<string, string>> }[]
  /** Answer to further requests. */
  answer: () => { readonly status: number; readonly body: string } | Promise<{ status: number; body: string }>
  stop(): Promise<void>
}

/** An unsigned token, as accepted by Kafka's unsecured validator. */
export function unsecuredToken(sub: string, seconds: number): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub, scope: 'kafka', iat: now, exp: now + seconds })}.`
}

export const granted = (token: string, seconds: number | undefined = undefined) => ({
  status: 200,
  body: JSON.stringify({
    access_token: token,
    token_type: 'Bearer',
    ...(seconds === undefined ? {} : { expires_in: seconds }),
  }),
})

/** Starts the token endpoint of an OAuth server. */
export async function startTokenEndpoint(answer: TokenEndpoint['answer']): Promise<TokenEndpoint> {
  const asked: TokenEndpoint['asked'] = []
  const server = createServer(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)))
    asked.push({ authorization: request.headers.authorization ?? '', form })
    const { status, body } = await endpoint.answer()
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint: TokenEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth2/token`,
    asked,
    answer,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return endpoint
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
