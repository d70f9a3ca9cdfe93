import type { HeadReading } from './heads.ts'
import type { Label, Scores } from './labels.ts'
import type { OwnRules } from './policy.ts'
import type { TextReading } from './reading.ts'
import type { Claim, Registry } from './registry.ts'
import type { Sketch } from './sketch.ts'
import type { Met } from './templates.ts'

/** These types belong to the text layer; re-exported for the code that judges messages. */
export type {
  ContactMention,
  SignatureMention,
  Span,
  TextReading,
  UrlMention,
} from './reading.ts'

/** Position of a record in its input. In the embedded mode: topic = the file, partition 0, offset = line, from 0. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface RecordHeaders {
  /** The last value if the header is repeated; undefined if it is missing or has no value. */
  get(name: string): Buffer | string | undefined
  entries(): Iterable<[string, Buffer | string | undefined]>
}

/** Whether the producer set the timestamp of a record, or the broker when it appended it. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** A record as delivered by a source: bytes, and the reference clock of the record (Kafka timestamp or wall clock), epoch ms. */
export interface RawRecord {
  readonly position: Position
  readonly timestamp: number
  readonly value: Buffer
  readonly key?: Buffer
  readonly headers?: RecordHeaders
  /** Absent if the record does not come from Kafka, or has the message format 0, which has no timestamps. */
  readonly timestampType?: TimestampType
  /** Why it could not be decoded; `value` then holds the bytes as fetched. */
  readonly unreadable?: string
  /** Size of the whole record in bytes, if `value` is only its beginning. */
  readonly truncated?: number
  /** With `unreadable`: the entry covers all offsets from this one to that of its position. */
  readonly firstOffset?: number
}

/** Which message of its record this is, if a map splits records; `index` counts from 0. */
export interface RecordItem {
  readonly index: number
  readonly of: number
}

/** Place of a segment in a concatenated SMS; `index` counts from 1. */
export interface Part {
  readonly ref: string
  readonly index: number
  readonly count: number
}

/** A valid record of the topic `sms.mt` (docs/asyncapi.yaml): `ts` is epoch ms, clamped to the reference clock. */
export interface SmsRecord {
  /** The raw bytes that it was read from. */
  readonly value: Buffer
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly signature?: string
  readonly sp?: string
  readonly carrier?: string
  readonly province?: string
  readonly template?: string
  readonly submission?: string
  /** Tenant that the traffic belongs to, if the deployment serves several. */
  readonly tenant?: string
  readonly blocked: boolean
  readonly ext?: Readonly<Record<string, string>>
  readonly part?: Part
  readonly item?: RecordItem
}

export interface Origin {
  readonly id: string
  readonly position: Position
  /** The raw bytes, for a dead letter. */
  readonly value: Buffer
  readonly ext?: Readonly<Record<string, string>>
  readonly item?: RecordItem
}

/** The bytes attributed to an origin: items of one record share its bytes. */
export function bytesOf({ value, item }: Pick<Origin, 'value' | 'item'>): number {
  return item === undefined ? value.length : value.length / item.of
}

/**
 * One SMS as a person reads it: a record, or the joined parts of one. `text` is the text as sent; `from` and `to` are in
 * canonical form.
 */
export interface Message {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly record: SmsRecord
  /** All input records that make up this message, in part order. */
  readonly origins: readonly Origin[]
  /** The position whose batch completed the message; makes counting idempotent. */
  readonly position: Position
  /** Reference clock of the completing record, epoch ms. */
  readonly receivedAt: number
  readonly partial: boolean
  /** Completed by a deadline, its own or that of the parts before it. Counted once by a key instead of by offset. */
  readonly byDeadline: boolean
  /** Offsets in `text` (code units) where parts are missing; only for partial messages. */
  readonly seams: readonly number[]
}

export interface Classified {
  readonly label: Label
  readonly scores: Scores
}

/** Output of the text model, and flags derived from it. */
export interface TextVerdict extends Classified {
  /** Label marketing or finance above its threshold, and no request for consent. */
  readonly commercial: boolean
  /** Label fraud or illicit above its threshold. */
  readonly malicious: boolean
  /** Reading of the model's heads, for texts that may be malicious. */
  readonly heads?: HeadReading | undefined
}

/**
 * Cached results of text analysis, shared by all messages with the same text. Each is stored with the version it is valid for;
 * nothing here depends on the sender, the recipient or the time.
 */
export interface TextMemo {
  /** Memo shared by all texts that differ from this one only in free numbers; absent if only this text is known. */
  readonly alike?: TextMemo
  /** Similarity of the wording to forgeries, as log-odds. */
  wording?: number
  /** Sketch by table (`by`); undefined sketch: the text has too few features. */
  sketched?: { readonly by: string; readonly sketch: Sketch | undefined }
  /** Sketch without the opt-out wording; undefined sketch: too little Chinese text. */
  advertised?: { readonly by: string; readonly sketch: Sketch | undefined }
  /** Sketch of its words for finding near copies; undefined sketch: too few words. */
  worded?: { readonly sketch: Uint8Array | undefined }
  /** Known templates that the text is a near copy of, most similar first, for a version of their index. */
  met?: { readonly in: object; readonly version: number; readonly found: readonly Met[] }
  /** Rows of the operator's rules that may apply, by the words of the text. */
  own?: { readonly by: OwnRules; readonly rows: readonly unknown[] }
  classified?: { readonly by: object; readonly verdict: TextVerdict }
  /** Brand claims in the text for a registry: explicit (`spoken`), or by naming a brand (`mention`). */
  named?: {
    readonly in: Registry
    readonly spoken: Claim | undefined
    readonly mention: Claim | undefined
  }
}

/** A message with everything read from it; the input of counting and detectors. */
export interface AnalysedMessage extends Message, TextReading, TextVerdict {
  readonly memo: TextMemo
  /** HMAC token of the recipient: `<keyId>.<token>`. */
  readonly toToken: string
}
