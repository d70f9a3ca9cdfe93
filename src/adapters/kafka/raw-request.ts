import type { Broker } from 'kafkajs'
import type { EncodedBody } from './compact-fields.ts'

interface Sending {
  readonly connectionPool: {
    send(call: {
      readonly request: object
      readonly response: object
      readonly logResponseError: boolean
    }): unknown
  }
}

/** An API version that the client does not implement. */
export interface RawApi {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
}

/** Sends a request of a flexible version; resolves with the answer as returned by `decode`. */
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
