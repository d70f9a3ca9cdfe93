import { requestsWords } from '../../rules/patterns.generated.ts'
/** Requests to the reader other than following a link or calling a number. */
export const REQUESTS = {
  app: 'to install an app, share the screen or join a meeting',
  payment: 'to pay into an account or by payment code',
  secret: 'to tell a code, password or card number',
  scan: 'to scan a code',
  reply: 'to reply',
  search: 'to copy or search for something',
  follow: 'to follow an account, mini program or group of a chat service',
} as const

export type Request = keyof typeof REQUESTS

/** Patterns for normalised text. Gaps are bounded and contain no end of a sentence, so that matching is linear. */
const PATTERNS: Readonly<Record<Request, RegExp>> = {
  app: requestsWords.app,
  payment: requestsWords.payment,
  secret: requestsWords.secret,
  scan: requestsWords.scan,
  reply: requestsWords.reply,
  search: requestsWords.search,
  follow: requestsWords.follow,
}

const ALL = Object.keys(PATTERNS) as Request[]

/** Cache of the last text: several detectors query the same message. */
let last: { readonly text: string; readonly requests: readonly Request[] } = { text: '', requests: [] }

/** Requests in a normalised text, in the order of `REQUESTS`. */
export function requestsIn(normalised: string): readonly Request[] {
  if (last.text !== normalised)
    last = { text: normalised, requests: ALL.filter((request) => PATTERNS[request].test(normalised)) }
  return last.requests
}
