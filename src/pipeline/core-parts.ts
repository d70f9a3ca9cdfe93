import type { AlertOptions } from '../detection/alerts/alert-options.ts'
import type { Detectors } from '../detection/detectors/all.ts'
import type { ConsentLedger } from '../domain/consent-ledger.ts'
import type { Emit } from '../domain/events.ts'
import type { FeatureStore, LogsOf } from '../domain/feature-store.ts'
import type { BoundedClock, Sink, Source, Transactions } from '../domain/ports.ts'
import type { SenderMinutes } from '../domain/sender-minutes.ts'
import type { StateStore } from '../domain/state-store.ts'
import type { Tokenise } from '../domain/token.ts'
import type { Versions } from '../domain/versions.ts'
import type { Config } from '../settings/config.ts'
import type { Decode } from './inputs.ts'
import type { NoticeLearning } from './notice-learning.ts'
import type { ShadowModel } from './shadow-model.ts'
import type { SideOffsets } from './side-inputs/offsets.ts'
import type { TemplateLearning } from './template-learning.ts'

/** Everything that is chosen outside: adapters, loaded files, the clock. */
export interface CoreParts {
  readonly config: Config
  readonly mode: 'service' | 'embedded'
  readonly source: Source
  /** Unless given: lines of a file in the embedded mode, else records of topics, as they are configured. */
  readonly decode?: Decode
  readonly sink: Sink
  /** Writes what follows from records, where that is in transactions. */
  readonly transactions?: Transactions | undefined
  readonly features: FeatureStore
  readonly states: StateStore
  readonly ledger: ConsentLedger
  /** Counts of senders, for a sink that has the channel `stats`. */
  readonly senderMinutes?: SenderMinutes
  /** Learns what notices of brands look like. */
  readonly learning?: NoticeLearning
  /** Learns what frauds look like. */
  readonly templateLearning?: TemplateLearning
  /** Whether replies of subscribers are read by now, from a file or a topic. */
  readonly replies: () => boolean
  /** Of side topics, where there are any. */
  readonly sideOffsets?: SideOffsets
  /** The versions that are loaded; a batch is worked on with those of its beginning. */
  readonly loaded: () => Versions
  /** Default: all of them. */
  readonly detectors?: Detectors
  readonly describe: AlertOptions['describe']
  /** `source` of alerts when it is not that of the deployment. */
  readonly alertSource?: string
  /** A second model that runs next to the live one. */
  readonly shadow?: ShadowModel | undefined
  readonly tokenise: Tokenise
  readonly clock: BoundedClock
  /** Asks the servers for the time again. */
  readonly confirmTime?: () => Promise<void>
  readonly emit: Emit
  /** Ends and topic ids of the logs of partitions, so that one that was recreated is seen. */
  readonly logsOf?: LogsOf
  /** Further reasons for `/readyz`. */
  readonly unready?: () => readonly string[]
}

/** What is put together without knowing where messages come from. */
export type Wiring = Omit<CoreParts, 'source'>
