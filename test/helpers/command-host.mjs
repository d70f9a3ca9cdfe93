// Runs commands of sigwatch that come as messages, each to its end, in this process: they share what it has loaded.
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const { execute } = await import(pathToFileURL(process.argv[2]).href)
// The streams are opened by their first use.
const { env, stdout, stderr } = process
/** As in src/main.ts, ms. */
const LINGER = 3_000

process.on('message', async ({ args, environment, cwd, mark }) => {
  process.chdir(cwd)
  for (const name of Object.keys(env)) if (!(name in environment)) delete env[name]
  Object.assign(env, environment)
  process.exitCode = undefined
  const code = await execute(args)
  // A process of its own would end when nothing is open any more; after a failure it does not wait for long.
  const end = Date.now() + (code === 0 ? Number.POSITIVE_INFINITY : LINGER)
  while (process.getActiveResourcesInfo().length > idle) {
    if (Date.now() > end) process.exit(code)
    await sleep(1)
  }
  for (const stream of [stdout, stderr]) await new Promise((resolve) => stream.write(mark, resolve))
  process.send({ code })
})
process.on('disconnect', () => process.exit())
const idle = process.getActiveResourcesInfo().length
