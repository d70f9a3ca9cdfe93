/** Where a record lies in its input. In the embedded mode topic = the file, partition 0, offset = line from 0. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What a source hands over: bytes, and the reference clock of the record (Kafka timestamp or wall clock), epoch ms. */
export interface RawRecord {
  readonly position: Position
  readonly timestamp: number
  readonly value: Buffer
}

/** Place of a segment in a concatenated SMS; `index` counts from 1. */
export interface Part {
  readonly ref: string
  readonly index: number
  readonly count: number
}

/** A valid record of the topic `sms.mt` (contract, section 1): `ts` is epoch ms, clamped to the reference clock. */
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
  readonly blocked: boolean
  readonly ext?: Readonly<Record<string, string>>
  readonly part?: Part
}

/** One input record that became (a part of) a message. */
export interface Origin {
  readonly id: string
  readonly position: Position
  /** The raw bytes, for a dead letter. */
  readonly value: Buffer
  readonly ext?: Readonly<Record<string, string>>
}

/**
 * One SMS as a person reads it: a record, or the joined parts of one. `text` is what was sent;
 * `from` and `to` are in the canonical form of the contract.
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
  /** Completed by its deadline and not by a record: counted once by a key of its own. */
  readonly byDeadline: boolean
  /** Offsets in `text` (code units) at which a missing part touches; only for partial messages. */
  readonly seams: readonly number[]
}

/** A stretch of the original text, in code units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Normalised text with the way back. */
export interface NormalisedText {
  readonly text: string
  /** `offsets[i]` = code unit of the original from which code unit i of `text` came; one more entry at the end. */
  readonly offsets: Uint16Array
  /** How many characters were folded beyond plain NFKC, case and traditional forms: evidence of obfuscation. */
  readonly folded: number
  /** Kinds of folding and how often, for evidence. */
  readonly folds: Readonly<Record<string, number>>
}

export interface SignatureMention {
  /** Without brackets, as written, trimmed. */
  readonly name: string
  /** Normalised form, for lookups. */
  readonly key: string
  readonly place: 'field' | 'leading' | 'trailing'
  /** Brackets other than 【】. */
  readonly lookalikeBrackets: boolean
}

export interface UrlMention {
  /** As written. */
  readonly text: string
  readonly span: Span
  /** Host in lower case ASCII (punycode for internationalised names). */
  readonly host: string
  /** Registrable domain by the public suffix list; the host itself for an IP address. */
  readonly domain: string
  /** Internationalised form of the host when it differs. */
  readonly unicodeHost?: string
  readonly path: string
  /** Split, spaced or defanged by the sender. */
  readonly disguised: boolean
}

export interface ContactMention {
  readonly kind: 'mobile' | 'landline' | 'hotline' | 'overseas' | 'qq' | 'wechat' | 'telegram'
  /** Canonical: digits only for numbers, as written in normalised text for handles. */
  readonly value: string
  readonly span: Span
}

/** What the text says, read once for all detectors. */
export interface Extracted {
  readonly normalised: NormalisedText
  /** The signature that counts: of the record, else of the text. */
  readonly signature?: SignatureMention | undefined
  /** Every signature-like mention in the text and the record. */
  readonly signatures: readonly SignatureMention[]
  readonly urls: readonly UrlMention[]
  readonly contacts: readonly ContactMention[]
  readonly optOut: boolean
  /** Asks the recipient for consent to marketing. */
  readonly asksConsent: boolean
  /** Shape of a one-time password message. */
  readonly otp: boolean
  /** MinHash bands of the masked text (8 hex digits each); empty when the text is too short to be told apart. */
  readonly bands: readonly string[]
}

export interface Classified {
  readonly label: import('./labels.ts').Label
  readonly scores: import('./labels.ts').Scores
}

/** A message with all that was read from it; the input of rates and detectors. */
export interface AnalysedMessage extends Message, Extracted, Classified {
  /** HMAC token of the recipient: `<keyId>.<token>`. */
  readonly toToken: string
  /** Label marketing or finance above its threshold, and no request for consent. */
  readonly commercial: boolean
  /** Label fraud or illicit above its threshold. */
  readonly malicious: boolean
}
