import { clientPart } from './client-parts.ts'

interface TopicMetadata {
  readonly topicErrorCode: number
  readonly partitionMetadata: readonly { readonly partitionErrorCode: number; readonly leader: number }[]
}

interface MetadataResponse {
  parse(data: { readonly topicMetadata: readonly TopicMetadata[] }): Promise<unknown>
}

const NONE = 0
/** Error codes of a partition that has no leader, or whose leader has no listener for the client. */
const LEADERLESS = new Set([5, 72])
const VERSIONS = [0, 1, 2, 3, 4, 5, 6]

/**
 * The client rejects the metadata of all topics if one partition has no leader, and can then neither read nor write any
 * of them. Here only that partition is affected: its leader is -1, which is no broker. A topic without any leader, such
 * as one being created, is still rejected. Idempotent.
 */
export function tolerateLeaderlessPartitions(): void {
  const { failure, createErrorFromCode } = clientPart<{
    failure(code: number): boolean
    createErrorFromCode(code: number): Error
  }>('protocol/error')
  const parse: MetadataResponse['parse'] = async (data) => {
    for (const { topicErrorCode, partitionMetadata } of data.topicMetadata) {
      if (failure(topicErrorCode)) throw createErrorFromCode(topicErrorCode)
      const isLed = partitionMetadata.some((p) => p.partitionErrorCode === NONE)
      for (const { partitionErrorCode: code } of partitionMetadata)
        if (failure(code) && !(isLed && LEADERLESS.has(code))) throw createErrorFromCode(code)
    }
    return data
  }
  for (const version of VERSIONS) {
    const response = clientPart<MetadataResponse>(`protocol/requests/metadata/v${version}/response`)
    response.parse = parse
  }
}
