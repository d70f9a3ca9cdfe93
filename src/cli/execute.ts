import { Command, CommanderError } from 'commander'
import { type ErrorCode, SigwatchError } from '../domain/errors.ts'
import { isDiskFull } from '../domain/full-disk.ts'
import { COMMIT, VERSION } from '../service/version.ts'

/** Every command with its module, which is loaded only when the command is called. */
const COMMANDS = {
  run: {
    does: 'Run the service with Kafka and Redis, or judge a file with --source FILE|- (embedded mode)',
    load: async () => (await import('./run.ts')).runCommand(),
  },
  demo: {
    does: 'Judge a simulated Double Eleven hour in embedded mode and print a summary',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  simulate: {
    does: 'Generate labelled traffic as input records',
    load: async () => (await import('./simulate.ts')).simulateCommand(),
  },
  score: {
    does: 'Score texts or records from stdin, one JSON object per line',
    load: async () => (await import('./score.ts')).scoreCommand(),
  },
  train: {
    does: 'Train a text model on labelled text',
    load: async () => (await import('./train.ts')).trainCommand(),
  },
  evaluate: {
    does: 'Evaluate a text model on labelled text',
    load: async () => (await import('./evaluate.ts')).evaluateCommand(),
  },
  model: {
    does: 'Replace the live text model',
    load: async () => (await import('./model.ts')).modelCommand(),
  },
  'label-export': {
    does: 'Export judgements of analysts as a training corpus',
    load: async () => (await import('./label-export.ts')).labelExportCommand(),
  },
  replay: {
    does: 'Judge past traffic again with another model, policy or registry',
    load: async () => (await import('./replay.ts')).replayCommand(),
  },
  topics: {
    does: 'List the configured topics and create missing ones',
    load: async () => (await import('./topics.ts')).topicsCommand(),
  },
  release: {
    does: 'Clear a state and keep it from being raised again for a time',
    load: async () => (await import('./feedback.ts')).releaseCommand(),
  },
  exempt: {
    does: 'Exempt a target from codes for a time',
    load: async () => (await import('./feedback.ts')).exemptCommand(),
  },
  block: {
    does: 'Block a domain, port, signature, sender, claim or template manually for a time',
    load: async () => (await import('./feedback.ts')).blockCommand(),
  },
  unblock: {
    does: 'End a manual block',
    load: async () => (await import('./feedback.ts')).unblockCommand(),
  },
  feedback: {
    does: 'Give feedback on alerts, or list feedback',
    load: async () => (await import('./feedback.ts')).feedbackCommand(),
  },
  templates: {
    does: 'List, export and import templates confirmed as fraud or illicit',
    load: async () => (await import('./templates.ts')).templatesCommand(),
  },
  archive: {
    does: 'Copy alerts, verdicts, statistics, feedback and complaints into PostgreSQL',
    load: async () => (await import('./archive.ts')).archiveCommand(),
  },
  blocker: {
    does: 'Tell gateways whether to deliver a message',
    load: async () => (await import('./blocker.ts')).blockerCommand(),
  },
  notify: {
    does: 'Post open states to Alertmanager',
    load: async () => (await import('./notify.ts')).notifyCommand(),
  },
  desk: {
    does: 'Serve the desk, the web interface of analysts',
    load: async () => (await import('./desk.ts')).deskCommand(),
  },
  report: {
    does: 'Write an HTML report on a period: findings, forged brands, senders, bursts, cases',
    load: async () => (await import('./report.ts')).reportCommand(),
  },
  explain: {
    does: 'Write a letter on a message or alert for the sender, the regulator or the subscriber',
    load: async () => (await import('./explain.ts')).explainCommand(),
  },
  evidence: {
    does: 'Collect the evidence on a complaint, a message or an alert',
    load: async () => (await import('./evidence.ts')).evidenceCommand(),
  },
  complaints: {
    does: 'Import complaints, track their deadlines and write the monthly table',
    load: async () => (await import('./complaints.ts')).complaintsCommand(),
  },
  check: {
    does: 'Validate configuration, registry, policy, rules, consents and model',
    load: async () => (await import('./check.ts')).checkCommand(),
  },
} as const satisfies Record<string, { does: string; load: () => Promise<Command> }>

export const SUCCESS = 0
export const FAILURE = 1
const BAD_USAGE = 2

/** Codes of errors in the operator's input. */
const BAD_INPUT = new Set<ErrorCode>([
  'USAGE',
  'CONFIG_INVALID',
  'POLICY_INVALID',
  'RULES_INVALID',
  'REGISTRY_INVALID',
  'LEDGER_INVALID',
  'MODEL_INVALID',
  'TEMPLATES_INVALID',
])

/** The exit code of a command that fails with this error. */
export function exitCodeOf(code: ErrorCode): number {
  return BAD_INPUT.has(code) ? BAD_USAGE : FAILURE
}

/** What to print if the disk is full, which is not a usage error; otherwise undefined. */
function fullDisk(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause)
    if (isDiskFull(at)) return error instanceof SigwatchError ? error.message : `cannot write: ${at.message}`
  return undefined
}

/** Makes a command fail if an option with a value, other than a list, is given twice: the first value would be lost. */
function refuseRepeated(command: Command, given = new Set<string>()): void {
  for (const option of command.options) {
    if (option.variadic || option.isBoolean()) continue
    command.on(`option:${option.name()}`, () => {
      if (given.has(option.name()))
        command.error(`error: option '${option.flags}' is given twice: give it once`)
      given.add(option.name())
    })
  }
  for (const one of command.commands) refuseRepeated(one, given)
}

/** Runs the command named in `argv` and resolves with the exit code. */
export async function execute(argv: readonly string[]): Promise<number> {
  const program = new Command('sigwatch')
    .description('Finds spam messages and senders in SMS traffic from Kafka.')
    .version(COMMIT === 'unknown' ? VERSION : `${VERSION} (${COMMIT})`)
    .exitOverride()
    .showHelpAfterError('(run with --help for usage)')
  const asked = argv.find((arg) => !arg.startsWith('-'))
  for (const [name, { does, load }] of Object.entries(COMMANDS)) {
    const command = asked === name ? await load() : new Command(name)
    program.addCommand(command.description(does).exitOverride())
  }
  refuseRepeated(program)
  try {
    if (argv.length === 0) {
      process.stderr.write(program.helpInformation())
      return BAD_USAGE
    }
    await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? SUCCESS)
  } catch (error) {
    const full = fullDisk(error)
    if (full !== undefined) {
      process.stderr.write(`sigwatch: ${full}\n`)
      return FAILURE
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? SUCCESS : BAD_USAGE
    if (error instanceof SigwatchError) {
      process.stderr.write(`sigwatch: ${error.message}\n  ${error.code}: ${error.remedy}\n`)
      return exitCodeOf(error.code)
    }
    process.stderr.write(
      `sigwatch: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return FAILURE
  }
}
