/** A range of the original text, in code units. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface NormalisedText {
  readonly text: string
  /** `offsets[i]` = index in the original of code unit i of `text`, plus one entry for the end. Texts may share the array. */
  readonly offsets: Uint16Array
  /** Number of characters folded beyond plain NFKC, case and traditional forms: evidence of obfuscation. */
  readonly folded: number
  /** Number of foldings by kind, for evidence. */
  readonly folds: Readonly<Record<string, number>>
}

export interface SignatureMention {
  /** As written, without brackets, trimmed. */
  readonly name: string
  /** Normalised form, for lookups. */
  readonly key: string
  readonly place: 'field' | 'leading' | 'trailing'
  /** Whether the brackets are others than 【】. */
  readonly lookalikeBrackets: boolean
  /** Position in the text, brackets included; absent for the signature of the record. */
  readonly span?: Span
}

export interface UrlMention {
  /** As written. */
  readonly text: string
  readonly span: Span
  /** Host in lower case ASCII (punycode for internationalised names). */
  readonly host: string
  /** Registrable domain by the public suffix list; the host itself for an IP address. */
  readonly domain: string
  /** Internationalised form of the host, if different. */
  readonly unicodeHost?: string
  readonly path: string
  /** Whether the sender split, spaced or defanged it. */
  readonly disguised: boolean
}

export interface ContactMention {
  readonly kind: 'mobile' | 'landline' | 'hotline' | 'overseas' | 'qq' | 'wechat' | 'telegram' | 'line'
  /** Canonical form: digits only for numbers, as in the normalised text for handles. */
  readonly value: string
  readonly span: Span
}

/** Everything read from a text, once for all detectors; independent of sender, recipient and time. */
export interface TextReading {
  readonly normalised: NormalisedText
  readonly signature?: SignatureMention | undefined
  /** Every signature-like mention in the text and the record. */
  readonly signatures: readonly SignatureMention[]
  readonly urls: readonly UrlMention[]
  readonly contacts: readonly ContactMention[]
  readonly optOut: boolean
  readonly asksConsent: boolean
  /** Asks for it in a standard form and advertises nothing else. */
  readonly asksAlone: boolean
  readonly traditional: boolean
  /** Has the form of a one-time password message. */
  readonly otp: boolean
  /** MinHash bands of the masked text (8 hex digits each); empty if the text is too short to identify. */
  readonly bands: readonly string[]
}
