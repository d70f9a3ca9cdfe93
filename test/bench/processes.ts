import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'

/** Ticks per second of the CPU times in /proc: the same on every Linux that Node supports. */
const TICKS = 100

/** CPU time (user and system) of a process and all its threads so far, s. Linux only. */
export function cpuSeconds(pid: number): number {
  // The program name, in parentheses, may contain spaces.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Load average of the last minute. */
export function load(): number {
  return Math.round(loadavg()[0]! * 10) / 10
}
