import { createRequire } from 'node:module'

interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

/** As the client has decoded it. */
interface FetchedRecord {
  readonly offset: string
  readonly key: Buffer | null
  isControlRecord: boolean
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
}

export interface FetchedPartition {
  abortedTransactions?: readonly AbortedTransaction[] | null
  readonly messages: readonly FetchedRecord[]
}

interface FetchResponse {
  parse(data: {
    readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[]
  }): Promise<unknown>
}

/** Version and type of the mark that ends an aborted transaction. */
const ABORT = Buffer.from([0, 0, 0, 0])
const VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11]

const require = createRequire(import.meta.url)

/**
 * Readers of what is committed must pass over aborted transactions. The client takes their list as sorted by their
 * beginning, which brokers sort by their end, and begins no more than one of them at a record: of several that overlap it
 * hands over records. Here such records become like marks of transactions, which it passes over and counts as read. May
 * be called again.
 */
export function passOverAborted(): void {
  for (const version of VERSIONS) {
    const response = require(`kafkajs/src/protocol/requests/fetch/v${version}/response`) as FetchResponse
    const { parse } = response
    response.parse = (data) => {
      for (const { partitions } of data.responses) for (const partition of partitions) hideAborted(partition)
      return parse(data)
    }
  }
}

/** Makes marks of the records of aborted transactions. */
export function hideAborted(partition: FetchedPartition): void {
  const { abortedTransactions, messages } = partition
  if (!abortedTransactions || abortedTransactions.length === 0) return
  const coming = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, from: Number(firstOffset) }))
    .sort((a, b) => b.from - a.from)
  const aborted = new Set<string>()
  for (const record of messages) {
    const offset = Number(record.offset)
    for (let next = coming.at(-1); next && next.from <= offset; next = coming.at(-1)) {
      aborted.add(next.producerId)
      coming.pop()
    }
    const { producerId = '', inTransaction = false } = record.batchContext ?? {}
    if (!inTransaction || !aborted.has(producerId)) continue
    if (!record.isControlRecord) record.isControlRecord = true
    else if (record.key?.equals(ABORT)) aborted.delete(producerId)
  }
  partition.abortedTransactions = []
}
