import { clientPart } from './client-parts.ts'

interface TopicMetadata {
  readonly topic: string
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
 * as one being created, is still rejected, and named in the error. Idempotent.
 */
export function tolerateLeaderlessPartitions(): void {
  const { failure, createErrorFromCode } = clientPart<{
    failure(code: number): boolean
    createErrorFromCode(code: number): Error
  }>('protocol/error')
  const codeOf = ({ topicErrorCode, partitionMetadata }: TopicMetadata): number => {
    if (failure(topicErrorCode)) return topicErrorCode
    const isLed = partitionMetadata.some((p) => p.partitionErrorCode === NONE)
    const failed = partitionMetadata.find(
      ({ partitionErrorCode: code }) => failure(code) && !(isLed && LEADERLESS.has(code)),
    )
    return failed?.partitionErrorCode ?? NONE
  }
  const parse: MetadataResponse['parse'] = async (data) => {
    const first = data.topicMetadata.map(codeOf).find(failure)
    if (first === undefined) return data
    const topics = data.topicMetadata.filter((one) => codeOf(one) === first).map(({ topic }) => topic)
    const error = createErrorFromCode(first)
    error.message += ` (${topics.length === 1 ? 'topic' : 'topics'} ${topics.join(', ')})`
    throw error
  }
  for (const version of VERSIONS) {
    const response = clientPart<MetadataResponse>(`protocol/requests/metadata/v${version}/response`)
    response.parse = parse
  }
}
