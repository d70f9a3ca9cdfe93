import type { Html } from '../words/html.ts'
import type { KeptTexts } from './kept-forms.ts'
import type { Session } from './sessions.ts'

/** What is answered to a request. */
export interface Answer {
  readonly status: number
  readonly body?: Html | string | Buffer
  readonly type?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** One request with who makes it. */
export interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly session: Session
  /** By the clock of the archive, epoch ms. */
  readonly now: number
  /** A page asks for itself again, to show what changed: it is no look of its own. */
  readonly isRenewal?: boolean
  /** What was written into the forms of the page before the session ended. */
  readonly kept?: KeptTexts | undefined
}

/** To a page of the desk. */
export function toPage(location: string): Answer {
  return { status: 303, headers: { location } }
}

/** What the paths of requests are read against. */
export const ORIGIN = 'http://desk'

/** A path of the desk with its query, as a link may name it; undefined for the start and for what leads elsewhere. */
export function localPath(text: string | null): string | undefined {
  if (!text?.startsWith('/') || !URL.canParse(text, ORIGIN)) return undefined
  const { origin, pathname, search } = new URL(text, ORIGIN)
  const isStart = pathname === '/' && search === ''
  return origin === ORIGIN && !pathname.startsWith('//') && !isStart ? pathname + search : undefined
}
