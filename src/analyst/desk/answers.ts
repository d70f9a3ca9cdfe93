import type { Html } from '../words/html.ts'
import type { KeptTexts } from './kept-forms.ts'
import type { Session } from './sessions.ts'

/** The response to a request. */
export interface Answer {
  readonly status: number
  readonly body?: Html | string | Buffer
  readonly type?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** A request with its session. */
export interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly session: Session
  /** Time of the archive, epoch ms. */
  readonly now: number
  /** Aborted when the browser leaves before it has the answer. */
  readonly left: AbortSignal
  /** Whether an open page refreshes itself, which is not logged as an access. */
  readonly isRenewal?: boolean
  /** Texts entered in the forms of the page before the session ended. */
  readonly kept?: KeptTexts | undefined
}

/** Redirects to a page of the desk. */
export function toPage(location: string): Answer {
  return { status: 303, headers: { location } }
}

/** Base for parsing the paths of requests. */
export const ORIGIN = 'http://desk'

/** Validates a path of the desk with its query, as found in a link. undefined for the start page and for addresses outside the desk. */
export function localPath(text: string | null): string | undefined {
  if (!text?.startsWith('/') || !URL.canParse(text, ORIGIN)) return undefined
  const { origin, pathname, search } = new URL(text, ORIGIN)
  const isStart = pathname === '/' && search === ''
  return origin === ORIGIN && !pathname.startsWith('//') && !isStart ? pathname + search : undefined
}
