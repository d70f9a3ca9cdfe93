import type { Code, TargetKind } from './codes.ts'
import type { Action, Evidence, Match, Mode, Severity, Target } from './decision.ts'
import type { Label } from './labels.ts'

export type AlertType = 'sigwatch.alert.raised' | 'sigwatch.alert.updated' | 'sigwatch.alert.cleared'
export type ClearCause = 'ended' | 'expired' | 'feedback' | 'policy' | 'registry'

export interface AlertReason {
  readonly code: Code
  readonly score: number
  readonly action: Action
  readonly detail: string
  readonly rule?: string
  readonly evidence: Evidence
}

/** A message in displayable form: recipient masked, text redacted. */
export interface ShownMessage {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly signature?: string
  readonly to?: string
  readonly toToken: string
  readonly text: string
  /** Length of the full text in characters, if `text` was cut. */
  readonly truncated?: number
  /** Ids of all received parts of a joined message, in part order. The action applies to each of them. */
  readonly parts?: readonly string[]
  readonly ext?: Readonly<Record<string, string>>
}

export interface Sample {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly text: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The versions behind a decision: id of the model, hashes of the others. */
export interface DecidedBy {
  readonly model: string
  readonly policy: string
  readonly registry: string
  /** Hash of the operator's own rules; absent if there are none. */
  readonly rules?: string
}

export interface Provenance extends DecidedBy {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface Contacts {
  readonly urls: readonly string[]
  readonly phones: readonly string[]
  readonly qq: readonly string[]
  readonly wechat: readonly string[]
}

export interface AlertData {
  readonly action: Action
  readonly limit?: { readonly perMinute: number }
  readonly mode: Mode
  readonly severity: Severity
  readonly score: number
  readonly label?: Label
  readonly reasons: readonly AlertReason[]
  readonly target: Target
  /** Tenant of the message. For a state: the tenant, if all messages shown by its event have the same one. */
  readonly tenant?: string
  readonly match?: Match
  readonly state?: {
    readonly id: string
    readonly episode: number
    readonly revision: number
    readonly cause?: ClearCause
  }
  /** The feedback that cleared the state; its code stays suppressed until `until` (RFC 3339). */
  readonly feedback?: { readonly by: string; readonly note?: string; readonly until: string }
  readonly message?: ShownMessage
  readonly samples?: readonly Sample[]
  readonly contacts?: Contacts
  readonly degraded?: boolean
  readonly late?: boolean
  readonly validFrom: string
  readonly expiresAt: string
  readonly provenance: Provenance
}

/** A CloudEvents 1.0 event in structured JSON mode (docs/asyncapi.yaml). */
export interface Alert {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly time: string
  readonly type: AlertType
  readonly subject: `${TargetKind}:${string}`
  readonly datacontenttype: 'application/json'
  readonly dataschema: string
  readonly data: AlertData
}

/** A verdict: one for every input record (docs/asyncapi.yaml). */
export interface ExplainedFinding {
  readonly code: Code
  readonly score: number
  readonly evidence: Evidence
}

export interface Verdict {
  readonly id: string
  readonly action: Action | 'pass'
  readonly label: Label
  readonly score: number
  /** The text model, `<name>@<version>`, and its score for the label, 0 to 1. Absent in verdicts written by earlier versions. */
  readonly model?: string
  readonly modelScore?: number
  readonly reasons: readonly Code[]
  /** Only with the setting `verdicts.explain`: the evidence for each reason, masked as in alerts. */
  readonly findings?: readonly ExplainedFinding[]
  readonly states: readonly string[]
  readonly campaign?: string
  readonly degraded?: true
  /** The message is older than `alerts.maxAge`: the action is at most `observe`. */
  readonly late?: true
  readonly partial?: true
  /** Ids of all received parts of a joined message, in part order. */
  readonly parts?: readonly string[]
  readonly tenant?: string
  readonly ext?: Readonly<Record<string, string>>
  readonly decidedAt: string
}

/** Value of the compacted block table; the key is `state`. */
export interface Block {
  readonly state: string
  readonly episode: number
  readonly revision: number
  readonly match: Match
  readonly action: Action
  readonly limit?: { readonly perMinute: number }
  readonly validFrom: string
  readonly expiresAt: string
  readonly code: Code
  readonly alertId: string
}
