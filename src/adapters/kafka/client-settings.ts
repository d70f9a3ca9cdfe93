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

/** The fetched batches of a partition, decoded by `slicesOf`; empty ones are left out. */
export interface EachBatchPayload extends Omit<KafkaPayload, 'batch'> {
  readonly batch: Omit<KafkaPayload['batch'], 'messages'> & {
    readonly fetchedOffset: string
    readonly messages: readonly FetchedBatch[]
  }
}

type RunConfig = Omit<ConsumerRunConfig, 'eachBatch' | 'eachMessage'>

export interface Consumer extends Omit<KafkaConsumer, 'run'> {
  run(config: RunConfig & { readonly eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void>
}

/** PEM contents, not paths. */
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
  readonly ssl?: KafkaTls
  readonly sasl?: KafkaLogin
  readonly emit: Emit
  /** Aborts every call that waits for the brokers. */
  readonly signal?: AbortSignal
  /** Retry refused logins like an outage: the user may be created, or the password changed, meanwhile. */
  readonly awaitsLogin?: boolean
  readonly limits?: DecodingLimits
}

export interface ConsumerChoices
  extends Pick<
    ConsumerConfig,
    'groupId' | 'sessionTimeout' | 'heartbeatInterval' | 'maxWaitTimeInMs' | 'maxBytesPerPartition'
  > {
  /**
   * Called before each attempt to join the group, which may reassign the partitions held here. If it returns false, the
   * client asks again shortly after.
   */
  readonly mayJoin: () => boolean
}
