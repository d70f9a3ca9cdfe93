import type { Broker } from 'kafkajs'
import type { EncodedBody } from './compact-fields.ts'

/** The way to a broker that the client has and does not show. */
interface Sending {
  readonly connectionPool: {
    send(call: {
      readonly request: object
      readonly response: object
      readonly logResponseError: boolean
    }): unknown
  }
}

/** A version of an API that the client does not speak. */
export interface RawApi {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
}

/** Sends a request in the form with tags; resolves with what `decode` makes of the answer. */
export async function rawRequest<T>(
  broker: Broker,
  api: RawApi,
  body: EncodedBody,
  decode: (bytes: Buffer) => T,
): Promise<T> {
  const { connectionPool } = broker as unknown as Sending
  const request = { ...api, encode: async () => body, expectResponse: () => true }
  const response = {
    decode: async (bytes: Buffer) => ({ answer: decode(bytes) }),
    parse: async (data: { readonly answer: T }) => data,
  }
  const { answer } = (await connectionPool.send({ request, response, logResponseError: false })) as {
    readonly answer: T
  }
  return answer
}
