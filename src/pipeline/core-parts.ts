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

/** Dependencies chosen by the caller: adapters, loaded files, the clock. */
export interface CoreParts {
  readonly config: Config
  readonly mode: 'service' | 'embedded'
  readonly source: Source
  /** Default: lines of a file in the embedded mode, otherwise topic records, as configured. */
  readonly decode?: Decode
  readonly sink: Sink
  /** Writes the outputs of records, if delivery is transactional. */
  readonly transactions?: Transactions | undefined
  readonly features: FeatureStore
  readonly states: StateStore
  readonly ledger: ConsentLedger
  /** Counts senders, for a sink with the channel `stats`. */
  readonly senderMinutes?: SenderMinutes
  readonly learning?: NoticeLearning
  readonly templateLearning?: TemplateLearning
  /** Whether subscriber replies are being read, from a file or a topic. */
  readonly replies: () => boolean
  readonly sideOffsets?: SideOffsets
  /** The loaded versions; a batch uses those of its start. */
  readonly loaded: () => Versions
  /** Default: all. */
  readonly detectors?: Detectors
  readonly describe: AlertOptions['describe']
  /** `source` of alerts, if it differs from that of the deployment. */
  readonly alertSource?: string
  readonly shadow?: ShadowModel | undefined
  readonly tokenise: Tokenise
  readonly clock: BoundedClock
  readonly confirmTime?: () => Promise<void>
  readonly emit: Emit
  /** End offsets and topic ids of partition logs, to detect recreated topics. */
  readonly logsOf?: LogsOf
  /** Further reasons for `/readyz`. */
  readonly unready?: () => readonly string[]
}

/** Parts that do not depend on where messages come from. */
export type Wiring = Omit<CoreParts, 'source'>
