export interface ErrorEntry {
  /** Cause, for the reference documentation. */
  readonly cause: string
  /** Whether retrying the same request may succeed. */
  readonly retry: boolean
  /** What to do about it. */
  readonly remedy: string
}

/** Error responses over HTTP. */
export const HTTP_ERRORS = {
  CHECK_MALFORMED: {
    cause: 'The body of a check over HTTP is neither an input record nor an array of at most 100.',
    retry: false,
    remedy: 'Send one JSON object, or an array of them, in UTF-8; see docs/check.md.',
  },
  CHECK_UNAUTHORIZED: {
    cause: 'A check over HTTP does not carry the token.',
    retry: false,
    remedy: 'Send Authorization: Bearer and the value of http.check.token.',
  },
  CHECK_TOO_LARGE: {
    cause: 'The body of a check over HTTP has more than 1,000,000 bytes.',
    retry: false,
    remedy: 'Send fewer records at a time.',
  },
  CHECK_BUSY: {
    cause: 'As many checks over HTTP as an instance takes at a time are being answered.',
    retry: true,
    remedy: 'Ask again after the seconds of Retry-After, or ask more instances.',
  },
  CHECK_UNAVAILABLE: {
    cause: 'A check over HTTP came while the instance was starting or ending.',
    retry: true,
    remedy: 'Ask again after the seconds of Retry-After, or ask another instance.',
  },
  ORDER_MALFORMED: {
    cause: 'The body of an order over HTTP is not as it must be, or what it names cannot be blocked so.',
    retry: false,
    remedy: 'Correct what the detail names; see docs/manual-blocks.md.',
  },
  ORDER_UNAUTHORIZED: {
    cause: 'An order over HTTP does not carry a token of http.tokens.',
    retry: false,
    remedy: 'Send Authorization: Bearer and a token of http.tokens.',
  },
  ORDER_FORBIDDEN: {
    cause: 'The token may not do this, or the order is that of the one who approves it.',
    retry: false,
    remedy: 'Use a token with that right; a different person must approve.',
  },
  ORDER_UNKNOWN: {
    cause: 'No state of this id is open that was raised by hand, or waits for approval.',
    retry: false,
    remedy: 'Take the id from the answer to the order, or from the block table.',
  },
  ORDER_TOO_LARGE: {
    cause: 'The body of an order over HTTP has more than 100,000 bytes.',
    retry: false,
    remedy: 'Send one order at a time.',
  },
  ORDER_BUSY: {
    cause: 'As many orders over HTTP as an instance takes at a time are being answered.',
    retry: true,
    remedy: 'Ask again after the seconds of Retry-After.',
  },
  ORDER_UNAVAILABLE: {
    cause: 'The instance is starting or ending, or the topic of feedback or the store does not answer.',
    retry: true,
    remedy: 'Ask again after the seconds of Retry-After, or ask another instance.',
  },
  EXTRACT_MALFORMED: {
    cause: 'The body of an extraction over HTTP is neither `{text, signature?}` nor an array of at most 100.',
    retry: false,
    remedy: 'Send one JSON object, or an array of them, in UTF-8; see docs/blocking.md.',
  },
  EXTRACT_UNAUTHORIZED: {
    cause: 'An extraction over HTTP does not carry a token of http.tokens.',
    retry: false,
    remedy: 'Send Authorization: Bearer and a token of http.tokens.',
  },
  EXTRACT_FORBIDDEN: {
    cause: 'The token may not extract.',
    retry: false,
    remedy: 'Use a token whose `may` lists extract.',
  },
  EXTRACT_TOO_LARGE: {
    cause: 'The body of an extraction over HTTP has more than 200,000 bytes.',
    retry: false,
    remedy: 'Send fewer texts at a time.',
  },
  EXTRACT_BUSY: {
    cause: 'As many extractions over HTTP as an instance takes at a time are being answered.',
    retry: true,
    remedy: 'Ask again after the seconds of Retry-After, or use the module.',
  },
  EXTRACT_UNAVAILABLE: {
    cause: 'An extraction over HTTP came while the instance was starting or ending.',
    retry: true,
    remedy: 'Ask again after the seconds of Retry-After, or ask another instance.',
  },
  DECIDE_MALFORMED: {
    cause:
      'What is to be decided is neither `{id, from, to, text, signature?, part?}` nor an array of at most 100.',
    retry: false,
    remedy: 'Correct what the detail names; see docs/blocker.md.',
  },
  DECIDE_UNAUTHORIZED: {
    cause: 'A request for decisions does not carry a token of http.tokens.',
    retry: false,
    remedy: 'Send Authorization: Bearer and a token of http.tokens.',
  },
  DECIDE_FORBIDDEN: {
    cause: 'The token may not ask for decisions.',
    retry: false,
    remedy: 'Use a token whose `may` lists decide.',
  },
  DECIDE_TOO_LARGE: {
    cause: 'The body of a request for decisions has more than 1,000,000 bytes.',
    retry: false,
    remedy: 'Ask about fewer messages at a time.',
  },
  DECIDE_BUSY: {
    cause: 'As many requests for decisions as an instance takes at a time are being answered.',
    retry: true,
    remedy: 'Ask again after the seconds of Retry-After, or ask more instances.',
  },
  DECIDE_UNAVAILABLE: {
    cause: 'A request for decisions came while the instance was ending.',
    retry: true,
    remedy: 'Ask another instance.',
  },
} as const satisfies Record<string, ErrorEntry>
