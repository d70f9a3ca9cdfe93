import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'

/** Ticks of the CPU times in /proc, a second: the same on every Linux that Node runs on. */
const TICKS = 100

/** CPU seconds, user and system, that a process has used, all of its threads. Linux alone. */
export function cpuSeconds(pid: number): number {
  // The name of the program, in parentheses, may hold spaces.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Load of the last minute. */
export function load(): number {
  return Math.round(loadavg()[0]! * 10) / 10
}
