import { SigwatchError } from '../../domain/errors.ts'

/** Replies that speak of the state of the server or the rights of the user, not of the call. */
const SERVER_STATE = new Set([
  'LOADING',
  'READONLY',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'TRYAGAIN',
  'BUSY',
  'OOM',
  'NOREPLICAS',
  'MISCONF',
  'MOVED',
  'ASK',
  'NOAUTH',
  'WRONGPASS',
  'NOPERM',
  'UNBLOCKED',
])
/** Of one slot while it moves; the node itself is well. */
const SLOT_STATE = new Set(['MOVED', 'ASK', 'TRYAGAIN'])

/**
 * The code of an error reply. Redis 6 puts its own words before the error of a command within a script:
 * `ERR Error running script (call to f_…): @user_script:1: -READONLY You can't write against a read only replica.`
 */
export function replyCode(message: string): string {
  const first = /^[A-Z]+/.exec(message)?.[0] ?? ''
  if (first !== 'ERR' || !/^ERR Error (running|compiling) script/.test(message)) return first
  return /[\s:]-([A-Z]+)\b/.exec(message)?.[1] ?? first
}

/** The server is no master any more, or is not yet ready to be one. */
export function isDemoted(error: Error): boolean {
  const code = replyCode(error.message)
  return code === 'READONLY' || code === 'LOADING'
}

export function isRedirected(error: Error | null | undefined): boolean {
  return error != null && SLOT_STATE.has(replyCode(error.message))
}

/** Whether the node that a failed call was for gave an answer and is able to do others. */
export function isAnswer(error: Error): boolean {
  if (error.name !== 'ReplyError') return false
  const code = replyCode(error.message)
  return SLOT_STATE.has(code) || !SERVER_STATE.has(code)
}

/** REDIS_REFUSED for a call that the server understood and could not do, else REDIS_UNREACHABLE. */
export function errorOf(cause: Error): SigwatchError {
  if (cause instanceof SigwatchError) return cause
  const refused = cause.name === 'ReplyError' && !SERVER_STATE.has(replyCode(cause.message))
  return new SigwatchError(refused ? 'REDIS_REFUSED' : 'REDIS_UNREACHABLE', `Redis: ${reasonOf(cause)}`, {
    cause,
  })
}

/** What the client says, in the words of its own options, when a connection is lost or not there. */
const CLIENT_WORDS: readonly (readonly [begins: string, reason: string])[] = [
  ['Reached the max retries per request limit', 'the connection was lost'],
  ["Stream isn't writeable", 'not connected'],
]

export function reasonOf(error: Error): string {
  const inner = error as Error & { lastNodeError?: Error }
  const said = inner.lastNodeError?.message || error.message || error.name
  return CLIENT_WORDS.find(([begins]) => said.startsWith(begins))?.[1] ?? said
}
