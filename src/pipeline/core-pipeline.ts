import type { AlertOptions } from '../detection/alerts/alert-options.ts'
import { DETECTORS } from '../detection/detectors/all.ts'
import { given } from '../domain/given.ts'
import type { Sink } from '../domain/ports.ts'
import type { SenderMinutes } from '../domain/sender-minutes.ts'
import { VersionRows } from '../stores/sender-statistics/version-rows.ts'
import { AlertCap } from './alert-cap.ts'
import { BacklogWait, SLOWEST_GATEWAY, waitingCounts } from './backlog-wait.ts'
import type { Wiring } from './core-parts.ts'
import type { Degradation } from './degradation.ts'
import { Pipeline } from './pipeline.ts'
import { Rates } from './rate.ts'
import type { RunnerParts } from './runner.ts'
import type { SideRows } from './side-inputs/side-rows.ts'

interface PipelineWiring extends Pick<RunnerParts, 'sink' | 'versions' | 'publisher' | 'manager'> {
  readonly sideRows: SideRows
  readonly stopping: AbortController
  readonly degradation: Degradation
  readonly alerts: AlertOptions
  readonly senderMinutes: SenderMinutes | undefined
}

export function wirePipeline(parts: Wiring, own: PipelineWiring): Pipeline {
  const { config, features, states: store, ledger, clock, emit, detectors = DETECTORS } = parts
  const { sink, versions, sideRows, manager, publisher, alerts, senderMinutes } = own
  const { explain } = config.verdicts
  const wait = new BacklogWait({
    clock,
    most: parts.mode === 'embedded' ? 0 : config.redis.backlogWait,
    signal: own.stopping.signal,
    began: () => emit({ name: 'backlog_waits' }),
    waits: (most) => emit({ name: 'backlog_waiting', seconds: most / 1000 }),
  })
  return new Pipeline({
    versions,
    tokenise: parts.tokenise,
    detectors,
    ledger,
    replies: parts.replies,
    sideRows,
    rates: new Rates(waitingCounts(features, wait), detectors.rate),
    states: manager,
    alerted: store,
    publisher,
    outputs: { alerts, wants: wantsOf(sink), verdicts: { explain, senderContacts: alerts.senderContacts } },
    maxAge: maxAgeOf(parts),
    alertCap: new AlertCap(config.alerts.maxPerSender, (count) => emit({ name: 'alerts_capped', count })),
    ...given({ learning: parts.learning, templates: parts.templateLearning }),
    ...(senderMinutes ? { senderMinutes } : {}),
    ...(sink.has('versions') ? { versionRows: new VersionRows() } : {}),
    ...(parts.shadow ? { shadow: parts.shadow } : {}),
    wait,
    degradation: own.degradation,
    clock,
    emit,
  })
}

/** Age above which alerts are shadow, ms; 0 in the embedded mode, which reads old messages. */
export function maxAgeOf({ mode, config }: Pick<Wiring, 'mode' | 'config'>): number {
  return mode === 'embedded' ? 0 : config.alerts.maxAge
}

/** Maximum lag of a gateway, ms; 0 in the embedded mode, as lines of files have no timestamp other than their own. */
export function maxLagOf(parts: Pick<Wiring, 'mode' | 'config'>): number {
  return parts.mode === 'embedded' ? 0 : Math.min(maxAgeOf(parts) || SLOWEST_GATEWAY, SLOWEST_GATEWAY)
}

function wantsOf(sink: Sink) {
  return { shadowAlerts: sink.has('shadowAlerts'), verdicts: sink.has('verdicts') }
}
