/** A stretch of the original text, in code units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Normalised text with the way back. */
export interface NormalisedText {
  readonly text: string
  /** `offsets[i]` = code unit of the original from which code unit i of `text` came; one more entry at the end. Texts may share it. */
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
  /** Where it stands in the text, brackets included; absent for the signature of the record. */
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
  /** Internationalised form of the host when it differs. */
  readonly unicodeHost?: string
  readonly path: string
  /** Split, spaced or defanged by the sender. */
  readonly disguised: boolean
}

export interface ContactMention {
  readonly kind: 'mobile' | 'landline' | 'hotline' | 'overseas' | 'qq' | 'wechat' | 'telegram' | 'line'
  /** Canonical: digits only for numbers, as written in normalised text for handles. */
  readonly value: string
  readonly span: Span
}

/** What a text says, read once for all detectors; nothing of it depends on who sent it, when or to whom. */
export interface TextReading {
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
  /** Does so in a usual form, and advertises nothing else. */
  readonly asksAlone: boolean
  /** Written in traditional characters. */
  readonly traditional: boolean
  /** Shape of a one-time password message. */
  readonly otp: boolean
  /** MinHash bands of the masked text (8 hex digits each); empty when the text is too short to be told apart. */
  readonly bands: readonly string[]
}
