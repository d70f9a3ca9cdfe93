import type { HeadReading } from './heads.ts'
import type { Label, Scores } from './labels.ts'
import type { OwnRules } from './policy.ts'
import type { TextReading } from './reading.ts'
import type { Claim, Registry } from './registry.ts'
import type { Sketch } from './sketch.ts'
import type { Met } from './templates.ts'

/** What is read from a text belongs to the text layer; this re-export serves the code that judges messages. */
export type {
  ContactMention,
  SignatureMention,
  Span,
  TextReading,
  UrlMention,
} from './reading.ts'

/** Where a record lies in its input. In the embedded mode topic = the file, partition 0, offset = line from 0. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Headers of a record, which may be read only when they are asked for. */
export interface RecordHeaders {
  /** Of a header that is given several times, the last; undefined: it has no value, or is not there. */
  get(name: string): Buffer | string | undefined
  entries(): Iterable<[string, Buffer | string | undefined]>
}

/** Who set the timestamp of a record: its producer, or the broker when it appended the record. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** What a source delivers: bytes, and the reference clock of the record (Kafka timestamp or wall clock), epoch ms. */
export interface RawRecord {
  readonly position: Position
  readonly timestamp: number
  readonly value: Buffer
  readonly key?: Buffer
  readonly headers?: RecordHeaders
  /** Absent: it does not come from Kafka, or is of the message format 0, which has no timestamps. */
  readonly timestampType?: TimestampType
  /** Why it could not be decoded: then `value` is the bytes as they were fetched. */
  readonly unreadable?: string
  /** Bytes of the whole record, where `value` is only its beginning. */
  readonly truncated?: number
  /** With `unreadable`: it stands for all offsets from this one to that of its position. */
  readonly firstOffset?: number
}

/** Which message of its record it is, where a map splits records: `index` counts from 0. */
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
  /** Of whom the traffic is, among several that one deployment serves. */
  readonly tenant?: string
  readonly blocked: boolean
  readonly ext?: Readonly<Record<string, string>>
  readonly part?: Part
  readonly item?: RecordItem
}

/** One input record that became (a part of) a message. */
export interface Origin {
  readonly id: string
  readonly position: Position
  /** The raw bytes, for a dead letter. */
  readonly value: Buffer
  readonly ext?: Readonly<Record<string, string>>
  readonly item?: RecordItem
}

/** The bytes that an origin stands for: items of one record share its bytes. */
export function bytesOf({ value, item }: Pick<Origin, 'value' | 'item'>): number {
  return item === undefined ? value.length : value.length / item.of
}

/**
 * One SMS as a person reads it: a record, or the joined parts of one. `text` is what was sent;
 * `from` and `to` are in the form in which numbers are compared.
 */
export interface Message {
  /** Of the lowest part. */
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly record: SmsRecord
  /** Every input record that this message answers for, in the order of parts. */
  readonly origins: readonly Origin[]
  /** The position whose batch completed the message: what counting is idempotent by. */
  readonly position: Position
  /** Reference clock of the completing record, epoch ms. */
  readonly receivedAt: number
  /** Scored without all of its parts. */
  readonly partial: boolean
  /** Completed by a deadline, its own or that of the parts before it: counted once by a key of its own. */
  readonly byDeadline: boolean
  /** Offsets in `text` (code units) at which a missing part touches; only for partial messages. */
  readonly seams: readonly number[]
}

export interface Classified {
  readonly label: Label
  readonly scores: Scores
}

/** What the text model says of a text, with what follows from it. */
export interface TextVerdict extends Classified {
  /** Label marketing or finance above its threshold, and no request for consent. */
  readonly commercial: boolean
  /** Label fraud or illicit above its threshold. */
  readonly malicious: boolean
  /** What the heads of the model say of a text that may be malicious. */
  readonly heads?: HeadReading | undefined
}

/**
 * What was worked out from a text by itself, for all messages that carry it. Each is kept with the version that it
 * holds for; nothing here depends on a sender, a recipient or a time.
 */
export interface TextMemo {
  /** What holds for all texts that differ from this one in free numbers alone; absent: there is nothing but this text. */
  readonly alike?: TextMemo
  /** How much its words are like those of forgeries, as log-odds. */
  wording?: number
  /** How it points among texts, by the table of sketches; no sketch: it has too little for one. */
  sketched?: { readonly by: string; readonly sketch: Sketch | undefined }
  /** The same without the words on how to refuse; no sketch: too little of it is Chinese. */
  advertised?: { readonly by: string; readonly sketch: Sketch | undefined }
  /** Its words, by which copies are found; no sketch: it has too few. */
  worded?: { readonly sketch: Uint8Array | undefined }
  /** The known templates that it is a near copy of, the most like first, as of a version of their index. */
  met?: { readonly in: object; readonly version: number; readonly found: readonly Met[] }
  /** Rows of an operator's rules that may apply to it, by its words. */
  own?: { readonly by: OwnRules; readonly rows: readonly unknown[] }
  classified?: { readonly by: object; readonly verdict: TextVerdict }
  /** What the text claims in a registry: plainly, or by naming a brand. */
  named?: {
    readonly in: Registry
    readonly spoken: Claim | undefined
    readonly mention: Claim | undefined
  }
}

/** A message with all that was read from it; the input of rates and detectors. */
export interface AnalysedMessage extends Message, TextReading, TextVerdict {
  readonly memo: TextMemo
  /** HMAC token of the recipient: `<keyId>.<token>`. */
  readonly toToken: string
}
