#!/usr/bin/env node
import { execute, FAILURE, SUCCESS } from './cli/execute.ts'

/** After a failure, what was left open may not keep the process alive for longer than this, ms. */
const LINGER = 3_000

// Who reads our output may stop at the first line (`| head`), and a disk may be full: no faults to be traced.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE')
    process.stderr.write(`sigwatch: cannot write standard output: ${error.message}\n`)
  process.exit(FAILURE)
})

process.exitCode = await execute(process.argv.slice(2))
if (process.exitCode !== SUCCESS) setTimeout(() => process.exit(), LINGER).unref()
