import { SigwatchError } from '../../domain/errors.ts'

/** Errors caused by the state of the server or the rights of the user, not by the call. */
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
/** Errors of a slot that is moving; the node itself is healthy. */
const SLOT_STATE = new Set(['MOVED', 'ASK', 'TRYAGAIN'])

/**
 * The code of an error reply. Redis 6 prefixes the error of a command within a script: `ERR Error running script (call
 * to f_…): @user_script:1: -READONLY You can't write against a read only replica.`
 */
export function replyCode(message: string): string {
  const first = /^[A-Z]+/.exec(message)?.[0] ?? ''
  if (first !== 'ERR' || !/^ERR Error (running|compiling) script/.test(message)) return first
  return /[\s:]-([A-Z]+)\b/.exec(message)?.[1] ?? first
}

/** The server is no longer, or not yet, able to act as master. */
export function isDemoted(error: Error): boolean {
  const code = replyCode(error.message)
  return code === 'READONLY' || code === 'LOADING'
}

export function isRedirected(error: Error | null | undefined): boolean {
  return error != null && SLOT_STATE.has(replyCode(error.message))
}

/** Whether the reply shows that the node works and can serve other calls. */
export function isAnswer(error: Error): boolean {
  if (error.name !== 'ReplyError') return false
  const code = replyCode(error.message)
  return SLOT_STATE.has(code) || !SERVER_STATE.has(code)
}

/** REDIS_REFUSED for a call that the server understood but could not execute, else REDIS_UNREACHABLE. */
export function errorOf(cause: Error): SigwatchError {
  if (cause instanceof SigwatchError) return cause
  const refused = cause.name === 'ReplyError' && !SERVER_STATE.has(replyCode(cause.message))
  return new SigwatchError(refused ? 'REDIS_REFUSED' : 'REDIS_UNREACHABLE', `Redis: ${reasonOf(cause)}`, {
    cause,
  })
}

/** Messages of the client for a lost or missing connection, which refer to its own options. */
const CLIENT_WORDS: readonly (readonly [begins: string, reason: string])[] = [
  ['Reached the max retries per request limit', 'the connection was lost'],
  ["Stream isn't writeable", 'not connected'],
]

export function reasonOf(error: Error): string {
  const inner = error as Error & { lastNodeError?: Error }
  const said = inner.lastNodeError?.message || error.message || error.name
  return CLIENT_WORDS.find(([begins]) => said.startsWith(begins))?.[1] ?? said
}
