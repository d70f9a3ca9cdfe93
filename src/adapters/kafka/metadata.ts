import { clientPart } from './client-parts.ts'

interface TopicMetadata {
  readonly topicErrorCode: number
  readonly partitionMetadata: readonly { readonly partitionErrorCode: number; readonly leader: number }[]
}

interface MetadataResponse {
  parse(data: { readonly topicMetadata: readonly TopicMetadata[] }): Promise<unknown>
}

const NONE = 0
/** What a broker says of a partition without a leader, or whose leader has no listener for the client. */
const LEADERLESS = new Set([5, 72])
const VERSIONS = [0, 1, 2, 3, 4, 5, 6]

/**
 * The client refuses the metadata of all topics when one partition has no leader, and then can read and write none of
 * them. Here that is a fault of the partition alone: it is there with leader -1, which no broker is. Only a topic on
 * which no partition has a leader, as one that is just being made, is refused as before. May be called again.
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
