import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type CommandOptions, type CommandResult, DIST, ensureBuilt, environment } from './service.ts'

const HOST = join(import.meta.dirname, 'command-host.mjs')

let host: ChildProcess | undefined
let last: Promise<unknown> = Promise.resolve()

/**
 * Runs a command like `sigwatch`, but all commands of a worker one after another in one process, with modules, TensorFlow and
 * compiled code already loaded. It ends with the worker. Not for commands that read stdin. If a command exits the process, its
 * exit code is returned and the next command gets a new process.
 */
export async function warmSigwatch(
  args: readonly string[],
  options: Pick<CommandOptions, 'env' | 'cwd'> = {},
): Promise<CommandResult> {
  const mine = last.then(() => run(args, options))
  last = mine.catch(() => {})
  return mine
}

function run(
  args: readonly string[],
  { env = {}, cwd = process.cwd() }: Pick<CommandOptions, 'env' | 'cwd'>,
): Promise<CommandResult> {
  host ??= startHost()
  const child = host
  const mark = `\n${randomUUID()}\n`
  return new Promise((resolve) => {
    const written = { stdout: '', stderr: '' }
    let code: number | null | undefined
    const listeners = (['stdout', 'stderr'] as const).map((name) => {
      const listener = (chunk: string) => {
        written[name] += chunk
        finish()
      }
      child[name]!.on('data', listener)
      return () => child[name]!.off('data', listener)
    })
    const onMessage = (message: { code: number }) => {
      code = message.code
      finish()
    }
    const onClose = (ended: number | null) => settle({ code: ended, ...written })
    child.on('message', onMessage).on('close', onClose)
    const settle = (result: CommandResult) => {
      for (const off of listeners) off()
      child.off('message', onMessage).off('close', onClose)
      resolve(result)
    }
    const finish = () => {
      const { stdout, stderr } = written
      if (code === undefined || !stdout.endsWith(mark) || !stderr.endsWith(mark)) return
      settle({ code, stdout: stdout.slice(0, -mark.length), stderr: stderr.slice(0, -mark.length) })
    }
    child.send({ args, environment: environment(env), cwd, mark })
  })
}

function startHost(): ChildProcess {
  ensureBuilt()
  const child = spawn(process.execPath, [HOST, join(DIST, 'cli', 'execute.js')], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  for (const stream of [child.stdout, child.stderr]) stream!.setEncoding('utf8')
  child.once('close', () => {
    host = undefined
  })
  return child
}
