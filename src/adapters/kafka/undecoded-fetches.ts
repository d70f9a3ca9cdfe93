import { clientPart, type Load } from './client-parts.ts'
import { decodeFetchResponse, FETCH_VERSIONS, type FetchResponse } from './records/fetch-response.ts'

interface ClientResponse {
  decode(bytes: Buffer): Promise<FetchResponse>
}

/**
 * Makes the client return fetched batches undecoded. It would decode all of them in one go, in time quadratic in the
 * number of headers, and without verifying checksums. Its consumers then count batches by their last offsets;
 * `slicesOf` decodes them. Idempotent.
 */
export function leaveFetchesUndecoded(load?: Load): void {
  for (const version of FETCH_VERSIONS) {
    const response = clientPart<ClientResponse>(`protocol/requests/fetch/v${version}/response`, load)
    response.decode = async (bytes) => decodeFetchResponse(version, bytes)
  }
}
