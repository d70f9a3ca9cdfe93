import { Cluster, type Redis } from 'ioredis'
import { isRedirected } from './replies.ts'
import type { Script, ScriptCall } from './script.ts'

type Client = Redis | Cluster
type Reply = [error: Error | null, result: unknown]
/** A Cluster client that loses its connections during a retry returns fewer replies than calls. */
const NO_REPLY: Reply = [new Error('no reply'), undefined]

/**
 * Sends the calls at `indices`, all served by one node, in one write; `answered` is called once for each of them. Calls
 * whose script the server does not know are repeated with its source, those for a slot that is moving one by one. `again`
 * is called before every further round trip. Nothing is resent once `tooLate`. Never rejects.
 */
export async function sendCalls(
  client: Client,
  calls: readonly ScriptCall[],
  indices: readonly number[],
  answered: (call: number, error: Error | null, result: unknown) => void,
  { tooLate, again }: { readonly tooLate: () => boolean; readonly again: () => void },
): Promise<void> {
  const moved: number[] = []
  const send = async (at: readonly number[], load: readonly Script[]): Promise<number[]> => {
    const some = at.map((i) => calls[i]!)
    const replies = await together(client, some, load)
    const unknown: number[] = []
    for (const [n, i] of at.entries()) {
      const [error, result] = replies[n] ?? NO_REPLY
      if (error && !tooLate() && error.message.startsWith('NOSCRIPT')) unknown.push(i)
      else if (error && !tooLate() && isRedirected(error)) moved.push(i)
      else answered(i, error, result)
    }
    return unknown
  }
  const unknown = await send(indices, [])
  if (unknown.length + moved.length > 0) again()
  if (unknown.length > 0) {
    const scripts = [...new Set(unknown.map((i) => calls[i]!.script))]
    for (const i of await send(unknown, scripts)) answered(i, new Error('the script was not kept'), undefined)
  }
  await Promise.all(moved.map(async (i) => answered(i, ...(await alone(client, calls[i]!)))))
}

/**
 * Sends separate commands in one write. A pipeline of the client defines an accessor on itself: its hidden class, which V8
 * allocates in the old generation, refers to it and keeps its commands until the next full collection.
 */
async function together(client: Client, calls: readonly ScriptCall[], load: readonly Script[]) {
  if (client instanceof Cluster) return pipeline(client, calls, load)
  const { stream } = client
  stream.cork()
  try {
    // A script that could not be loaded is missing for its calls.
    for (const { source } of load) client.script('LOAD', source).catch(() => undefined)
    const replies = calls.map(({ script, keys, args }) =>
      replyOf(client.evalsha(script.sha, keys.length, ...keys, ...args)),
    )
    return Promise.all(replies)
  } finally {
    stream.uncork()
  }
}

/** Only a pipeline lets the client of a Cluster send calls to one node without following redirections. */
async function pipeline(client: Cluster, calls: readonly ScriptCall[], load: readonly Script[]) {
  const line = client.pipeline()
  for (const { source } of load) line.script('LOAD', source)
  for (const { script, keys, args } of calls) line.evalsha(script.sha, keys.length, ...keys, ...args)
  try {
    const results = await line.exec()
    if (results === null) throw new Error('the pipeline was aborted')
    return results.slice(load.length) as Reply[]
  } catch (error) {
    return calls.map((): Reply => [error as Error, undefined])
  }
}

/** Follows the redirection of a slot that is moving, which a pipeline cannot. */
function alone(client: Client, { script, keys, args }: ScriptCall): Promise<Reply> {
  return replyOf(client.eval(script.source, keys.length, ...keys, ...args))
}

function replyOf(command: Promise<unknown>): Promise<Reply> {
  return command.then(
    (result): Reply => [null, result],
    (error: Error): Reply => [error, undefined],
  )
}
