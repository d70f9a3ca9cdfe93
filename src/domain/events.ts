import type { AlertType } from './alert.ts'
import type { ArchiveEvent } from './archive-events.ts'
import type { BlockingEvent } from './blocking-events.ts'
import type { Code } from './codes.ts'
import type { ConnectionEvent } from './connection-events.ts'
import type { Action, Mode } from './decision.ts'
import type { ErrorCode } from './errors.ts'
import type { LostCounts } from './feature-store.ts'
import type { InputEvent } from './input-events.ts'
import type { Label } from './labels.ts'
import type { Channel } from './ports.ts'
import type { ClockReference } from './trusted-clock.ts'

export type { Service } from './connection-events.ts'

export const TIMED_STAGES = ['intake', 'classify', 'detect', 'rate', 'decide', 'sink'] as const
export type TimedStage = (typeof TIMED_STAGES)[number]

/** What is loaded at startup and can be reloaded. */
export const LOADABLE = ['model', 'policy', 'rules', 'registry', 'tokens'] as const

/**
 * All telemetry events; each becomes a log line, a metric, or both (src/service/telemetry). Emitted once per batch; no field ever holds a
 * signature, a number, a domain or a text.
 */
export type Event =
  | InputEvent
  | BlockingEvent
  | ArchiveEvent
  | ConnectionEvent
  | { readonly name: 'notices_posted'; readonly posted: number }
  /** Open states and rules in force, as posted last. */
  | { readonly name: 'notices_open'; readonly open: number }
  | { readonly name: 'notices_refused'; readonly reason: string }
  | { readonly name: 'alerts_unread'; readonly count: number }
  /** Records that the sink will never accept were left out, such as those larger than the topic allows. */
  | {
      readonly name: 'outputs_refused'
      readonly channel: Channel
      readonly count: number
      readonly reason: string
    }
  | {
      readonly name: 'batch_processed'
      readonly records: number
      readonly messages: number
      readonly bytes: number
      readonly blocked: number
      readonly partial: number
      readonly joinedParts: number
    }
  | { readonly name: 'stage_timed'; readonly stage: TimedStage; readonly seconds: number }
  /** Cached (`hits`) and newly read (`misses`) texts of a batch; `entries`: size of the cache. */
  | { readonly name: 'texts_read'; readonly hits: number; readonly misses: number; readonly entries: number }
  | { readonly name: 'labels_counted'; readonly counts: Readonly<Partial<Record<Label, number>>> }
  | {
      readonly name: 'codes_counted'
      readonly mode: Mode
      readonly counts: Readonly<Partial<Record<Code, number>>>
    }
  | {
      readonly name: 'alerts_emitted'
      readonly type: AlertType
      readonly code: Code
      readonly action: Action
      readonly mode: Mode
      readonly count: number
    }
  /** Alerts by action, whatever their reasons. */
  | {
      readonly name: 'alerts_counted'
      readonly type: AlertType
      readonly action: Action
      readonly mode: Mode
      readonly count: number
    }
  /** Accepted messages by action, from their own reasons or from open states. */
  | { readonly name: 'messages_decided'; readonly counts: Readonly<Partial<Record<Action | 'pass', number>>> }
  | { readonly name: 'verdicts_counted'; readonly counts: Readonly<Partial<Record<Action | 'pass', number>>> }
  /** An HTTP request for verdicts was answered; `records`: how many have an answer of their own. */
  | {
      readonly name: 'checked'
      readonly status: string
      readonly records: number
      readonly seconds: number
    }
  /** An HTTP request to extract contacts from texts was answered; `texts`: how many were read. */
  | {
      readonly name: 'extracted'
      readonly status: string
      readonly texts: number
      readonly seconds: number
    }
  /** Seconds from the broker's append to the acknowledgement of the alert, one per message alert. */
  | { readonly name: 'alert_latency'; readonly seconds: readonly number[] }
  | {
      readonly name: 'partition_progress'
      readonly topic: string
      readonly partition: number
      readonly lag: number | undefined
      readonly eventTime: number
    }
  | { readonly name: 'watermark_moved'; readonly eventTime: number }
  /** Partitions that hold the watermark back: read but behind, or not read. */
  | { readonly name: 'watermark_held'; readonly lagging: number; readonly ownerless: number }
  | { readonly name: 'states_open'; readonly counts: Readonly<Partial<Record<Code, number>>> }
  | { readonly name: 'outbox_pending'; readonly count: number }
  /** `messages`: how many were not fully counted. */
  | { readonly name: 'features_degraded'; readonly reason: string; readonly messages: number }
  /** Names, templates and targets not counted individually because their ports introduced too many. */
  | { readonly name: 'entities_held_back'; readonly count: number }
  /** Unanswered complaints; `unknown`: those whose deadlines were not computed. `computedAt`: epoch ms; 0: never. */
  | {
      readonly name: 'complaint_deadlines'
      readonly due: number
      readonly overdue: number
      readonly unknown: number
      readonly computedAt: number
    }
  /** Drift of the model's scores, by label and reference. */
  | {
      readonly name: 'score_drift'
      readonly drifts: readonly {
        readonly label: Label
        readonly against: 'card' | 'week'
        readonly psi: number
      }[]
    }
  /** The drift could not be read from the archive. */
  | { readonly name: 'score_drift_unknown'; readonly reason: string }
  | { readonly name: 'backlog_waits' }
  /** It still waits; `seconds`: for how much longer at most. */
  | { readonly name: 'backlog_waiting'; readonly seconds: number }
  | { readonly name: 'counts_lost'; readonly how: LostCounts['how']; readonly share: number }
  /** Redis lost consents and refusals; they are being read again. */
  | { readonly name: 'ledger_lost' }
  | { readonly name: 'ledger_restored'; readonly seconds: number }
  | { readonly name: 'feedback_put_back'; readonly entries: number }
  /** Ledger rows written by an earlier version were moved to their new keys. */
  | { readonly name: 'ledger_moved'; readonly rows: number }
  /** Redis evicts keys when its memory is full; `dropped`: how many since it was started. */
  | { readonly name: 'redis_evicts'; readonly policy: string; readonly dropped: number }
  /** It no longer does; `lost`: how many were evicted since it last did not. */
  | { readonly name: 'redis_evictions_ended'; readonly lost: number }
  | { readonly name: 'redis_refused'; readonly reason: string }
  | { readonly name: 'features_recovered'; readonly seconds: number }
  /** The log was recreated, or ends before the position already read. */
  | { readonly name: 'log_restarted'; readonly topic: string; readonly partition: number }
  /** Retention deleted records before they were read. */
  | {
      readonly name: 'records_expired'
      readonly topic: string
      readonly partition: number
      readonly count: number
    }
  /** Clocks were compared: `skews`: how far the host is ahead of each reference; `odd`: clocks outside the majority. */
  | {
      readonly name: 'clocks_compared'
      readonly skews: Readonly<Partial<Record<ClockReference, number>>>
      readonly odd: readonly (ClockReference | 'host')[]
    }
  /** The host clock started to differ from a reference; `seconds`: how far it is ahead. */
  | {
      readonly name: 'clock_skewed'
      readonly reference: ClockReference
      readonly seconds: number
      readonly odd: ClockReference | 'host' | 'unknown'
    }
  | { readonly name: 'clock_agrees'; readonly reference: ClockReference }
  /** No reference confirms the time: nothing is expired by the clock. */
  | { readonly name: 'clock_alone' }
  /** Records with a timestamp ahead of this instance's clock; `seconds`: the largest lead. */
  | { readonly name: 'clock_ahead'; readonly records: number; readonly seconds: number }
  /** How long the oldest accepted record has waited for its commit. */
  | { readonly name: 'oldest_uncommitted'; readonly seconds: number }
  | { readonly name: 'counting_reset'; readonly topic: string; readonly partition: number }
  | { readonly name: 'model_loaded'; readonly id: string; readonly backend: string }
  /** A second model runs in shadow of the live one. */
  | { readonly name: 'shadow_loaded'; readonly id: string }
  /** Labels by both models. */
  | {
      readonly name: 'shadow_compared'
      readonly pairs: readonly { readonly live: Label; readonly shadow: Label; readonly messages: number }[]
    }
  /** Messages not passed to the shadow model, or not answered by it. */
  | { readonly name: 'shadow_skipped'; readonly messages: number }
  /** `show`: a batch could not be handed over; the worker continues. */
  | {
      readonly name: 'shadow_failed'
      readonly how: 'load' | 'crash' | 'timeout' | 'show'
      readonly reason: string
    }
  | { readonly name: 'policy_loaded'; readonly hash: string }
  | { readonly name: 'rules_loaded'; readonly hash: string; readonly rules: number }
  | {
      readonly name: 'registry_loaded'
      readonly hash: string
      readonly brands: number
      readonly signatures: number
      readonly ports: number
    }
  | { readonly name: 'tokens_loaded'; readonly tokens: number }
  | { readonly name: 'reload_refused'; readonly what: (typeof LOADABLE)[number]; readonly reason: string }
  /** Another instance has another token key under ids of this one. */
  | { readonly name: 'token_keys_conflict'; readonly keys: string; readonly count: number }
  | { readonly name: 'token_keys_agree' }
  /** Another instance has another value of settings that have to be the same on all. */
  | { readonly name: 'settings_conflict'; readonly settings: string; readonly count: number }
  | { readonly name: 'settings_agree' }
  /** SIGHUP: every file was read again and is unchanged. */
  | { readonly name: 'reload_unchanged' }
  /** Signals dropped because their sender is at the limit of open states. */
  | { readonly name: 'states_capped'; readonly count: number }
  /** Messages without an alert because their sender is at the limit of alerts per minute. */
  | { readonly name: 'alerts_capped'; readonly count: number }
  /**
   * An analyst's feedback took effect: by whom, on what, how many states it cleared, and until when (RFC 3339) their codes are
   * suppressed. `note` is redacted.
   */
  | {
      readonly name: 'feedback_applied'
      readonly verdict: FeedbackVerdict
      readonly by: string
      readonly note?: string
      readonly names: FeedbackSubject
      /** Codes that it judges; empty: all codes of a target. */
      readonly codes: readonly Code[]
      readonly states: number
      readonly until: string
      /** It took effect before this instance started, and was read again. */
      readonly restored?: true
    }
  /** The feedback refers to something unknown. */
  | {
      readonly name: 'feedback_refused'
      readonly verdict: FeedbackVerdict
      readonly by: string
      readonly names: FeedbackSubject
      readonly reason: string
      /** It was written before this instance started. */
      readonly restored?: true
    }
  | { readonly name: 'allowances_held'; readonly count: number }
  /** A topic that was missing at startup is now read. */
  | { readonly name: 'topic_found'; readonly topic: string }
  | { readonly name: 'partitions_assigned'; readonly count: number }
  | { readonly name: 'partitions_revoked'; readonly count: number }
  | { readonly name: 'consumer_stalled'; readonly seconds: number }
  /** `seconds`: duration of the stall. */
  | { readonly name: 'consumer_resumed'; readonly seconds: number }
  | { readonly name: 'warning'; readonly message: string }
  | {
      readonly name: 'started'
      readonly version: string
      readonly commit?: string
      readonly mode: 'service' | 'embedded' | 'archive' | 'desk' | 'blocker' | 'notify'
    }
  /**
   * A login attempt at the desk; `limited`: after too many wrong tokens; `unavailable`: the login provider does not answer. `address`: of
   * the client.
   */
  | {
      readonly name: 'desk_login'
      readonly outcome: 'accepted' | 'refused' | 'limited' | 'unavailable'
      readonly address: string
      /** From the login provider; contains no secret. */
      readonly reason?: string
    }
  | { readonly name: 'nothing_reloaded' }
  | { readonly name: 'stopping'; readonly reason: string }
  | { readonly name: 'stopped' }
  | { readonly name: 'failed'; readonly code: ErrorCode; readonly reason: string }

/** Verdicts on a state or a message, or on a target in advance. */
export const JUDGEMENTS = ['confirmed', 'false_positive', 'release', 'exempt'] as const
export const FEEDBACK_VERDICTS = [...JUDGEMENTS, 'block', 'unblock', 'undo'] as const
export type FeedbackSubject = 'state' | 'message' | 'target' | 'feedback'
export type FeedbackVerdict = (typeof FEEDBACK_VERDICTS)[number]

export type Emit = (event: Event) => void
