#!/usr/bin/env node
import { execute, FAILURE, SUCCESS } from './cli/execute.ts'

/** After a failure, what was left open may not keep the process alive for longer than this, ms. */
const LINGER = 3_000

// Who reads our output may stop at the first line (`| head`): that is no fault to be traced.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(FAILURE)
})

process.exitCode = await execute(process.argv.slice(2))
if (process.exitCode !== SUCCESS) setTimeout(() => process.exit(), LINGER).unref()
