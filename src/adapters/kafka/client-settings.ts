import type {
  ConsumerConfig,
  ConsumerRunConfig,
  Consumer as KafkaConsumer,
  EachBatchPayload as KafkaPayload,
} from 'kafkajs'
import type { Emit } from '../../domain/events.ts'
import type { TokenSource } from './oauth-login.ts'
import type { DecodingLimits } from './records/decoding.ts'
import type { FetchedBatch } from './records/fetched-batches.ts'

/** What a fetch brought of a partition. Its batches are decoded by `slicesOf`; those that hold nothing are left out. */
export interface EachBatchPayload extends Omit<KafkaPayload, 'batch'> {
  readonly batch: Omit<KafkaPayload['batch'], 'messages'> & {
    /** Where the fetch began. */
    readonly fetchedOffset: string
    readonly messages: readonly FetchedBatch[]
  }
}

type RunConfig = Omit<ConsumerRunConfig, 'eachBatch' | 'eachMessage'>

export interface Consumer extends Omit<KafkaConsumer, 'run'> {
  run(config: RunConfig & { readonly eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void>
}

/** Contents, not paths. */
export interface KafkaTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export type KafkaLogin =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | { readonly mechanism: 'oauthbearer'; readonly tokens: TokenSource }

export interface KafkaSettings {
  /** `host:port` */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Present: TLS. */
  readonly ssl?: KafkaTls
  readonly sasl?: KafkaLogin
  readonly emit: Emit
  /** Ends the waiting of every call that waits for the brokers. */
  readonly signal?: AbortSignal
  /** A login that is refused is waited out as an outage: by then the user may be made, or the password changed. */
  readonly awaitsLogin?: boolean
  readonly limits?: DecodingLimits
}

export interface ConsumerChoices
  extends Pick<
    ConsumerConfig,
    'groupId' | 'sessionTimeout' | 'heartbeatInterval' | 'maxWaitTimeInMs' | 'maxBytesPerPartition'
  > {
  /**
   * Asked each time before the member joins its group, which is when the partitions that it holds may go to others.
   * False: it asks again a little later.
   */
  readonly mayJoin: () => boolean
}
