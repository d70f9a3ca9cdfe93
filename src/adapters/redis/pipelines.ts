import { Cluster, type Redis } from 'ioredis'
import { isRedirected } from './replies.ts'
import type { Script, ScriptCall } from './script.ts'

type Reply = [error: Error | null, result: unknown]
/** A Cluster client that loses its connections during a retry returns fewer replies than calls. */
const NO_REPLY: Reply = [new Error('no reply'), undefined]
/** Called once for each of the calls at `indices`, when its reply arrives. */
type Answered = (call: number, error: Error | null, result: unknown) => void

/**
 * Sends the calls at `indices`, all served by one node, in one write. Calls whose script the server does not know
 * are repeated with its source, those for a slot that is moving one by one. `again` is called before every further
 * round trip. Nothing is resent once `tooLate`. Never rejects.
 */
export async function sendCalls(
  client: Redis | Cluster,
  calls: readonly ScriptCall[],
  indices: readonly number[],
  answered: Answered,
  { tooLate, again }: { readonly tooLate: () => boolean; readonly again: () => void },
): Promise<void> {
  const moved: number[] = []
  const settle = (at: readonly number[], replies: readonly Reply[]): number[] => {
    const unknown: number[] = []
    for (const [n, i] of at.entries()) {
      const [error, result] = replies[n] ?? NO_REPLY
      if (error && !tooLate() && error.message.startsWith('NOSCRIPT')) unknown.push(i)
      else if (error && !tooLate() && isRedirected(error)) moved.push(i)
      else answered(i, error, result)
    }
    return unknown
  }
  const unknown = settle(indices, await together(client, calls, indices, new Set()))
  if (unknown.length + moved.length > 0) again()
  if (unknown.length > 0) {
    const scripts = new Set(unknown.map((i) => calls[i]!.script))
    for (const i of settle(unknown, await together(client, calls, unknown, scripts)))
      answered(i, new Error('the script was not kept'), undefined)
  }
  await Promise.all(
    moved.map(async (i) => {
      const [error, result] = await alone(client, calls[i]!)
      answered(i, error, result)
    }),
  )
}

/**
 * Sends separate commands in one write. A pipeline of the client defines an accessor on itself. V8 allocates the hidden
 * class of such an object in the old generation, and the class refers to it: its commands would be promoted and stay until
 * the next full collection.
 */
async function together(
  client: Redis | Cluster,
  calls: readonly ScriptCall[],
  indices: readonly number[],
  load: ReadonlySet<Script>,
): Promise<Reply[]> {
  if (client instanceof Cluster) return pipeline(client, calls, indices, load)
  const { stream } = client
  stream.cork()
  try {
    // A script that could not be loaded is missing for its calls.
    for (const { source } of load) client.script('LOAD', source).catch(() => undefined)
    const replies = indices.map((i) => {
      const { script, keys, args } = calls[i]!
      return replyOf(client.evalsha(script.sha, keys.length, ...keys, ...args))
    })
    return Promise.all(replies)
  } finally {
    stream.uncork()
  }
}

/** Only a pipeline lets the client of a Cluster send calls to one node without following redirections. */
async function pipeline(
  client: Cluster,
  calls: readonly ScriptCall[],
  indices: readonly number[],
  load: ReadonlySet<Script>,
): Promise<Reply[]> {
  const line = client.pipeline()
  for (const script of load) line.script('LOAD', script.source)
  for (const i of indices) {
    const { script, keys, args } = calls[i]!
    line.evalsha(script.sha, keys.length, ...keys, ...args)
  }
  try {
    const results = await line.exec()
    if (results === null) throw new Error('the pipeline was aborted')
    return results.slice(load.size) as Reply[]
  } catch (error) {
    return indices.map(() => [error as Error, undefined])
  }
}

/** Follows the redirection of a slot that is moving, which a pipeline cannot. */
function alone(client: Redis | Cluster, { script, keys, args }: ScriptCall): Promise<Reply> {
  return replyOf(client.eval(script.source, keys.length, ...keys, ...args))
}

function replyOf(command: Promise<unknown>): Promise<Reply> {
  return command.then(
    (result): Reply => [null, result],
    (error: Error): Reply => [error, undefined],
  )
}
