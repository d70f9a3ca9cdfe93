export interface ErrorEntry {
  /** Cause, for the reference documentation: docs/errors.md joins the rows that have cause and remedy in common. */
  readonly cause: string
  /** Whether retrying the same request may succeed. */
  readonly retry: boolean
  readonly remedy: string
}

const MALFORMED = 'The body is not what the endpoint accepts.'
const UNAUTHORIZED = 'No known token in `Authorization: Bearer`.'
const FORBIDDEN = 'The token lacks the right that the endpoint requires.'
const BUSY = 'Too many requests at a time.'
const UNAVAILABLE = 'The instance is starting or stopping.'
const tooLarge = (bytes: string) => `The body has more than ${bytes} bytes.`
const CORRECT = 'Correct what the detail names.'
const USE_TOKEN = 'Send a token of `http.tokens`.'
const USE_RIGHT = 'Use a token of `http.tokens` whose `may` lists the right.'
const SPLIT = 'Send fewer items per request.'
const LATER = 'Retry after the seconds in `Retry-After`, or use another instance.'

export const HTTP_ERRORS = {
  CHECK_MALFORMED: { cause: MALFORMED, retry: false, remedy: CORRECT },
  EXTRACT_MALFORMED: { cause: MALFORMED, retry: false, remedy: CORRECT },
  DECIDE_MALFORMED: { cause: MALFORMED, retry: false, remedy: CORRECT },
  ORDER_MALFORMED: {
    cause: 'The body is not an order, its target cannot be blocked this way, or the method is wrong.',
    retry: false,
    remedy: CORRECT,
  },
  CHECK_UNAUTHORIZED: {
    cause: 'No token in `Authorization: Bearer` that may check.',
    retry: false,
    remedy: 'Send `http.check.token`, or a token of `http.tokens` that may `check`.',
  },
  EXTRACT_UNAUTHORIZED: { cause: UNAUTHORIZED, retry: false, remedy: USE_TOKEN },
  DECIDE_UNAUTHORIZED: { cause: UNAUTHORIZED, retry: false, remedy: USE_TOKEN },
  ORDER_UNAUTHORIZED: { cause: UNAUTHORIZED, retry: false, remedy: USE_TOKEN },
  EXTRACT_FORBIDDEN: { cause: FORBIDDEN, retry: false, remedy: USE_RIGHT },
  DECIDE_FORBIDDEN: { cause: FORBIDDEN, retry: false, remedy: USE_RIGHT },
  ORDER_FORBIDDEN: {
    cause: 'The token lacks the right, or its holder gave the order and cannot approve it.',
    retry: false,
    remedy: 'Use a token with the right `block` or `approve`; another person must approve.',
  },
  ORDER_UNKNOWN: {
    cause: 'No manual block with this id is in force or waits for approval.',
    retry: false,
    remedy: 'Take the id from the answer to the order, or from `GET /v1/blocks`.',
  },
  CHECK_TOO_LARGE: { cause: tooLarge('1,000,000'), retry: false, remedy: SPLIT },
  DECIDE_TOO_LARGE: { cause: tooLarge('1,000,000'), retry: false, remedy: SPLIT },
  EXTRACT_TOO_LARGE: { cause: tooLarge('200,000'), retry: false, remedy: SPLIT },
  ORDER_TOO_LARGE: { cause: tooLarge('100,000'), retry: false, remedy: 'Send one order per request.' },
  CHECK_BUSY: { cause: BUSY, retry: true, remedy: LATER },
  EXTRACT_BUSY: { cause: BUSY, retry: true, remedy: LATER },
  DECIDE_BUSY: { cause: BUSY, retry: true, remedy: LATER },
  ORDER_BUSY: { cause: BUSY, retry: true, remedy: LATER },
  CHECK_UNAVAILABLE: { cause: UNAVAILABLE, retry: true, remedy: LATER },
  EXTRACT_UNAVAILABLE: { cause: UNAVAILABLE, retry: true, remedy: LATER },
  DECIDE_UNAVAILABLE: { cause: UNAVAILABLE, retry: true, remedy: LATER },
  ORDER_UNAVAILABLE: {
    cause:
      'The instance is starting or stopping, Kafka or Redis does not answer, or `kafka.topics.feedback` is off.',
    retry: true,
    remedy: 'The detail says which. Retry after the seconds in `Retry-After`.',
  },
} as const satisfies Record<string, ErrorEntry>
