import { createRequire } from 'node:module'
import { SigwatchError } from '../../domain/errors.ts'

/** The kafkajs version whose internals are listed below. */
const VERSION = '2.2.4'
const require = createRequire(import.meta.url)

/**
 * Internals of the client that this project replaces or calls: functions with their number of parameters, of a module
 * (empty name), of its exports, or of a class (`#` prefix).
 */
const PARTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'broker/index': { '#connect': 0, '#disconnect': 0, '#fetch': 1, '#isConnected': 0, '#produce': 1 },
  'cluster/index': {
    '#addMultipleTargetTopics': 1,
    '#connect': 0,
    '#fetchTopicsOffset': 1,
    '#findBroker': 1,
    '#findGroupCoordinator': 1,
    '#findLeaderForPartitions': 2,
    '#findTopicPartitionMetadata': 1,
    '#getNodeIds': 0,
    '#isConnected': 0,
    '#refreshMetadata': 0,
    '#refreshMetadataIfNecessary': 0,
  },
  'consumer/batch': {
    '': 3,
    '#firstOffset': 0,
    '#isEmpty': 0,
    '#isEmptyDueToFiltering': 0,
    '#lastOffset': 0,
  },
  'consumer/consumerGroup': { '#commitOffsets': 1, '#fetch': 1, '#hasSeekOffset': 1, '#resolveOffset': 1 },
  'consumer/runner': { '#handleBatch': 1, '#processEachBatch': 1 },
  'network/connectionPool': { '#send': 1 },
  'producer/groupMessagesPerPartition': { '': 1 },
  'producer/sendMessages': { '': 1 },
  'protocol/encoder': { '': 0, '#size': 0 },
  'protocol/error': { createErrorFromCode: 1, failure: 1 },
  'protocol/requests/fetch/response': { decode: 1, parse: 1 },
  'protocol/requests/metadata/response': { decode: 1, parse: 1 },
  'protocol/requests/produce/v3/request': { '': 1 },
  'protocol/requests/produce/v3/response': { decode: 1, parse: 1 },
}

export type Load = (name: string) => unknown

/** An internal part of the client by its path. Throws KAFKA_CLIENT if its shape has changed. */
export function clientPart<T>(path: string, load: Load = require): T {
  // Requests have one module per version.
  const shape = PARTS[path] ?? PARTS[path.replace(/\/v\d+(?=\/response$)/, '')]
  if (shape === undefined) throw new SigwatchError('INTERNAL', `no shape is known of kafkajs/src/${path}`)
  let part: unknown
  try {
    part = load(`kafkajs/src/${path}`)
  } catch (error) {
    throw changed(path, 'it cannot be loaded', error)
  }
  for (const [name, parameters] of Object.entries(shape)) {
    const member = memberOf(part, name)
    const called = name === '' ? 'it' : name.replace('#', '')
    if (typeof member !== 'function') throw changed(path, `${called} is not a function`)
    if (member.length !== parameters)
      throw changed(path, `${called} has ${member.length} parameters instead of ${parameters}`)
  }
  return part as T
}

/** Throws KAFKA_CLIENT unless the installed client is the version whose parts are replaced here. */
export function checkClient(load: Load = require): void {
  const { version } = load('kafkajs/package.json') as { readonly version?: unknown }
  if (version !== VERSION)
    throw new SigwatchError('KAFKA_CLIENT', `kafkajs is version ${String(version)} instead of ${VERSION}`)
  for (const path of Object.keys(PARTS)) if (!path.endsWith('/response')) clientPart(path, load)
  const Batch = clientPart<new (...of: unknown[]) => CountedBatch>('consumer/batch', load)
  const messages = [
    { offset: '7', isControlRecord: false },
    { offset: '9', isControlRecord: true },
  ]
  const partition = { partition: 0, highWatermark: '10', abortedTransactions: [], messages }
  const batch = new Batch('topic', '7', partition)
  if (batch.messages?.length !== 1 || batch.messages[0] !== messages[0] || batch.fetchedOffset !== '7')
    throw changed('consumer/batch', 'it does not hand over what a fetch was decoded to')
  if (batch.lastOffset() !== '9' || batch.isEmpty())
    throw changed('consumer/batch', 'it counts offsets otherwise')
}

interface CountedBatch {
  readonly messages?: readonly unknown[]
  readonly fetchedOffset?: unknown
  lastOffset(): unknown
  isEmpty(): unknown
}

function memberOf(part: unknown, name: string): unknown {
  if (name === '') return part
  const of = part as { readonly prototype?: Record<string, unknown> } & Record<string, unknown>
  return name.startsWith('#') ? of?.prototype?.[name.slice(1)] : of?.[name]
}

function changed(path: string, how: string, cause?: unknown): SigwatchError {
  return new SigwatchError('KAFKA_CLIENT', `kafkajs/src/${path} is not as in version ${VERSION}: ${how}`, {
    cause,
  })
}
