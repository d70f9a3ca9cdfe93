import { clientPart, type Load } from './client-parts.ts'
import { decodeFetchResponse, FETCH_VERSIONS, type FetchResponse } from './records/fetch-response.ts'

interface ClientResponse {
  decode(bytes: Buffer): Promise<FetchResponse>
}

/**
 * Lets the client hand over fetched batches as they came: it would decode all of them at once, in a time that grows with the
 * square of the headers, and would not look at their checksums. Its consumers count batches then, by their last offsets;
 * `slicesOf` decodes them. May be called again.
 */
export function leaveFetchesUndecoded(load?: Load): void {
  for (const version of FETCH_VERSIONS) {
    const response = clientPart<ClientResponse>(`protocol/requests/fetch/v${version}/response`, load)
    response.decode = async (bytes) => decodeFetchResponse(version, bytes)
  }
}
