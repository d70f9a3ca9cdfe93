import { Command, CommanderError } from 'commander'
import { ERRORS, type ErrorCode, SigwatchError } from '../domain/errors.ts'
import { isDiskFull } from '../domain/full-disk.ts'
import { COMMIT, VERSION } from '../service/version.ts'

/** Every command with its module, which is loaded only when the command is called. */
const COMMANDS = {
  run: {
    does: 'the service: Kafka + Redis by configuration, or the embedded mode with --source FILE|-',
    load: async () => (await import('./run.ts')).runCommand(),
  },
  demo: {
    does: 'a simulated Double Eleven hour through the embedded mode, with a summary',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  simulate: {
    does: 'writes labelled traffic as input records',
    load: async () => (await import('./simulate.ts')).simulateCommand(),
  },
  score: {
    does: 'scores texts or records from stdin, one JSON a line',
    load: async () => (await import('./score.ts')).scoreCommand(),
  },
  train: {
    does: 'trains a text model from labelled text',
    load: async () => (await import('./train.ts')).trainCommand(),
  },
  evaluate: {
    does: 'measures a text model on labelled text',
    load: async () => (await import('./evaluate.ts')).evaluateCommand(),
  },
  model: {
    does: 'puts the model that was tried in shadow in the place of the live one',
    load: async () => (await import('./model.ts')).modelCommand(),
  },
  'label-export': {
    does: 'what analysts judged, as a corpus to train from',
    load: async () => (await import('./label-export.ts')).labelExportCommand(),
  },
  replay: {
    does: 'looks back with another model, policy or registry',
    load: async () => (await import('./replay.ts')).replayCommand(),
  },
  topics: {
    does: 'prints the topics of the configuration, and makes the missing ones',
    load: async () => (await import('./topics.ts')).topicsCommand(),
  },
  release: {
    does: 'clears a state and keeps it down',
    load: async () => (await import('./feedback.ts')).releaseCommand(),
  },
  exempt: {
    does: 'keeps codes from a target for a time',
    load: async () => (await import('./feedback.ts')).exemptCommand(),
  },
  block: {
    does: 'blocks a domain, port, signature, sender, claim or template by hand, for a time',
    load: async () => (await import('./feedback.ts')).blockCommand(),
  },
  unblock: {
    does: 'ends what was blocked by hand',
    load: async () => (await import('./feedback.ts')).unblockCommand(),
  },
  feedback: {
    does: 'says whether an alert was right, and lists what was said',
    load: async () => (await import('./feedback.ts')).feedbackCommand(),
  },
  templates: {
    does: 'lists, exports and imports what was confirmed as fraud or illicit',
    load: async () => (await import('./templates.ts')).templatesCommand(),
  },
  archive: {
    does: 'keeps alerts, verdicts, statistics, feedback and complaints in PostgreSQL',
    load: async () => (await import('./archive.ts')).archiveCommand(),
  },
  blocker: {
    does: 'answers gateways whether to deliver a message',
    load: async () => (await import('./blocker.ts')).blockerCommand(),
  },
  notify: {
    does: 'posts open states to Alertmanager, for people',
    load: async () => (await import('./notify.ts')).notifyCommand(),
  },
  desk: {
    does: "the analyst's page over the archive",
    load: async () => (await import('./desk.ts')).deskCommand(),
  },
  report: {
    does: 'one HTML page about a time: what was found, forged brands, senders, bursts, cases',
    load: async () => (await import('./report.ts')).reportCommand(),
  },
  explain: {
    does: 'the letter about a message or an alert, for the sender, the regulator or the subscriber',
    load: async () => (await import('./explain.ts')).explainCommand(),
  },
  evidence: {
    does: 'what is known of a complaint, for the regulator',
    load: async () => (await import('./evidence.ts')).evidenceCommand(),
  },
  complaints: {
    does: 'takes exports of complaints in, tracks their deadlines, makes the monthly table',
    load: async () => (await import('./complaints.ts')).complaintsCommand(),
  },
  check: {
    does: 'validates configuration, registry, policy, consents and model',
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

/** The message of the system if the disk is full, which is not a usage error; otherwise undefined. */
function fullDisk(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isDiskFull(at)) return at.message
  return undefined
}

/** Runs the command named in `argv` and resolves with the exit code. */
export async function execute(argv: readonly string[]): Promise<number> {
  const program = new Command('sigwatch')
    .description('Watches SMS traffic in Kafka and says which messages and senders are spam.')
    .version(COMMIT === 'unknown' ? VERSION : `${VERSION} (${COMMIT})`)
    .exitOverride()
    .showHelpAfterError('(run with --help for what is allowed)')
  const asked = argv.find((arg) => !arg.startsWith('-'))
  for (const [name, { does, load }] of Object.entries(COMMANDS)) {
    const command = asked === name ? await load() : new Command(name)
    program.addCommand(command.description(does).exitOverride())
  }
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
      process.stderr.write(`sigwatch: cannot write: ${full}\n`)
      return FAILURE
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? SUCCESS : BAD_USAGE
    if (error instanceof SigwatchError) {
      process.stderr.write(`sigwatch: ${error.message}\n  ${error.code}: ${ERRORS[error.code].remedy}\n`)
      return exitCodeOf(error.code)
    }
    process.stderr.write(
      `sigwatch: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return FAILURE
  }
}
