import { loadCalendar } from '../analyst/words/calendar.ts'
import { InvalidInput, SigwatchError } from '../domain/errors.ts'
import type { Config, ConfigReading } from '../settings/config.ts'
import type { Findings } from './check-rows.ts'
import { alertmanagersOf, archiveUrlOf, needBlocker, needLogins } from './command-needs.ts'

const NEEDS: Readonly<Record<string, (config: Config) => unknown>> = {
  archive: archiveUrlOf,
  blocker: needBlocker,
  desk: needLogins,
  notify: alertmanagersOf,
}

/** Checks what the commands other than `run` need. One without settings is taken not to be in use. */
export function checkCommands({ config, given }: ConfigReading, { problems, summary }: Findings): void {
  for (const [command, need] of Object.entries(NEEDS)) {
    if (![...given.keys()].some((key) => key.startsWith(`${command}.`))) continue
    try {
      need(config)
    } catch (error) {
      if (!(error instanceof SigwatchError)) throw error
      // No fault: its secrets and options may be given to that process alone.
      summary.push(`warning: \`sigwatch ${command}\` would not start with this: ${error.message}`)
    }
  }
  try {
    if (config.desk.calendar !== null) loadCalendar(config.desk.calendar)
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    problems.push(...error.problems)
  }
}
