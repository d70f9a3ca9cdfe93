import { Command } from 'commander'
import { counted } from '../domain/counted.ts'
import { formatProblem, SigwatchError } from '../domain/errors.ts'
import { type CheckOptions, type CheckParts, runCheck } from '../service/check.ts'

const BAD_INPUT = 2

/** Whether a line of the summary is a warning: `<file>: warning: …`. */
const isWarning = (line: string): boolean => /(?:^|: )warning: /.test(line)

function verdictOn(faults: number, warnings: number): string {
  if (faults > 0) return `${counted(faults, 'error')} found`
  return warnings === 0 ? 'no errors' : `no errors, ${counted(warnings, 'warning')}`
}

/**
 * `sigwatch check`: validates the given files, or those of the configuration. Every fault is a line `file:line: key: message`
 * on stderr and the exit code is 2; otherwise it is 0 and a summary is printed.
 */
export function checkCommand(parts?: CheckParts): Command {
  return new Command('check')
    .option('--config <file>', 'service configuration, with every file that it names')
    .option('--registry <file>', 'registry of brands, signatures and ports (YAML, JSON, JSONL or CSV)')
    .option('--policy <file>', 'policy file')
    .option('--rules <file>', 'own rules')
    .option('--consents <file>', 'consents and refusals (JSONL or CSV)')
    .option('--model <dir>', 'folder of the text model')
    .option('--sample <file>', 'your own records, one per line: print what input.map makes of each')
    .option('--topic <name>', 'the input of the sample, if there are several')
    .option('--connect', 'also connect to the configured servers')
    .addHelpText(
      'after',
      '\nWithout options: what ./sigwatch.yaml and the environment say, and every file they name.',
    )
    .action(async (options: CheckOptions) => {
      if (options.topic !== undefined && options.sample === undefined)
        throw new SigwatchError('USAGE', '--topic requires --sample')
      const { problems, summary, rows } = await runCheck(options, parts)
      for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`)
      for (const line of summary) process.stderr.write(`${line}\n`)
      for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`)
      process.stderr.write(`${verdictOn(problems.length, summary.filter(isWarning).length)}\n`)
      if (problems.length > 0) process.exitCode = BAD_INPUT
    })
}
