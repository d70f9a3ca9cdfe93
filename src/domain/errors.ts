import { type ErrorEntry, HTTP_ERRORS } from './http-errors.ts'

/** Table of all errors. docs/errors.md is generated from it; dead letters carry the `RECORD_*` codes, `MAPPING` and `INTERNAL`. */
export const ERRORS = {
  RECORD_NOT_UTF8: {
    cause: 'The value is not UTF-8.',
    retry: false,
    remedy: 'Send UTF-8, or name the encoding in `input.map`.',
  },
  RECORD_NOT_JSON: {
    cause: 'The value is not JSON, or is cut off.',
    retry: false,
    remedy: 'Send one complete JSON object per record.',
  },
  RECORD_NOT_OBJECT: {
    cause: 'The value is not an object.',
    retry: false,
    remedy: 'Send one JSON object per record.',
  },
  RECORD_FIELD_MISSING: {
    cause: 'A required field is absent.',
    retry: false,
    remedy: 'Send `id`, `ts`, `from`, `to` and `text`.',
  },
  RECORD_FIELD_INVALID: {
    cause: 'A field has the wrong type, length or form, or a row of a side input is not allowed.',
    retry: false,
    remedy: 'Correct the field that the detail names.',
  },
  RECORD_TS_INVALID: {
    cause: '`ts` cannot be read, or is before 2000 or after 2099.',
    retry: false,
    remedy: 'Send epoch milliseconds, or ISO-8601 with an offset.',
  },
  RECORD_TS_FUTURE: {
    cause: '`ts` is further ahead of the reference clock than `limits.futureReject`.',
    retry: false,
    remedy: 'Correct the clock of the gateway, or the unit of `ts` if the detail doubts it.',
  },
  RECORD_TOO_LARGE: {
    cause: 'The value is larger than `limits.maxRecordBytes`.',
    retry: false,
    remedy: 'Check what the producer sends: an SMS record fits in 64 kB.',
  },
  RECORD_UNREADABLE: {
    cause:
      'A record or batch (`sigwatch-offset` to `sigwatch-last-offset` of the input topic) cannot be decoded: wrong length, checksum or compression, more headers than `limits.headers`, or too large for `limits.bytesInFlight`.',
    retry: false,
    remedy: 'Correct what the producer writes; the detail names the fault.',
  },
  RECORD_NOT_DECODED: {
    cause: 'The bytes fit no Avro or Protobuf schema of the schema registry.',
    retry: false,
    remedy:
      'Compare the schema in the detail, `input.format` and `input.schemaRegistry.url` with what the producer uses.',
  },
  MAPPING: {
    cause: 'The record does not fit the map of its input (`input.map`).',
    retry: false,
    remedy:
      'Correct the map at the field that the detail names, and test it with `sigwatch check --sample FILE`; see docs/input-records.md.',
  },
  CONFIG_INVALID: {
    cause: 'The configuration, or a mapping or calendar for complaints, has errors.',
    retry: false,
    remedy: 'Correct the keys that the message names; see docs/config.md.',
  },
  REGISTRY_INVALID: {
    cause: 'The registry has errors.',
    retry: false,
    remedy: 'Correct the rows that the message names.',
  },
  RULES_INVALID: {
    cause: 'The file of own rules has errors.',
    retry: false,
    remedy: 'Correct the rows, then the examples that the message names; see docs/rules.md.',
  },
  POLICY_INVALID: {
    cause: 'The policy has errors.',
    retry: false,
    remedy: 'Correct the keys that the message names; config/policy.yaml lists thresholds.',
  },
  LEDGER_INVALID: {
    cause: 'A file of a side input has errors.',
    retry: false,
    remedy: 'Correct the lines that the message names.',
  },
  TEMPLATES_INVALID: {
    cause: 'A list of known templates is damaged, unsigned or signed with another key.',
    retry: false,
    remedy:
      'Nothing was imported. Get the list and the public key again from the deployment that signed it; see docs/templates.md.',
  },
  MODEL_INVALID: {
    cause: 'The model folder is incomplete, damaged or in another format.',
    retry: false,
    remedy: 'Train the model again, or name another folder.',
  },
  MODEL_WORSE: {
    cause: 'The new model is worse on a label than `--may-lose` allows, and was not written (exit code 1).',
    retry: false,
    remedy:
      'Add texts of the labels that got worse, raise `--rehearse`, or accept the loss with `--accept-loss`; see docs/learning.md.',
  },
  USAGE: {
    cause: 'An option is wrong, or a file that it names cannot be used.',
    retry: false,
    remedy: 'Correct what the message names; `--help` lists the options.',
  },
  KAFKA_UNREACHABLE: {
    cause: 'No broker answers, or the brokers refuse the request.',
    retry: true,
    remedy: 'Check `kafka.brokers`, the network, TLS, SASL and the access rules.',
  },
  KAFKA_TOPIC_MISSING: {
    cause: 'A required topic does not exist.',
    retry: false,
    remedy: 'Create it with `sigwatch topics --create`, or set `kafka.createTopics`.',
  },
  KAFKA_CLIENT: {
    cause: 'The installed kafkajs is not the version that this build extends.',
    retry: false,
    remedy: 'Install the locked dependencies with `npm ci`.',
  },
  SCHEMA_REGISTRY_UNREACHABLE: {
    cause: 'The schema registry does not answer.',
    retry: true,
    remedy: 'Check `input.schemaRegistry.*`. `run` waits for it and loses nothing.',
  },
  REDIS_UNREACHABLE: {
    cause: 'Redis does not answer within `redis.budget`.',
    retry: true,
    remedy: 'Check Redis and `redis.*`. Counting resumes automatically.',
  },
  REDIS_REFUSED: {
    cause: 'Redis refuses a script or command.',
    retry: true,
    remedy:
      'Compare its version and access rules with docs/operations.md; look for keys of other programs under `sigwatch:`.',
  },
  SINK_REFUSED: {
    cause:
      'Kafka permanently refuses output records, for example too large ones. They are dropped; all others are written.',
    retry: false,
    remedy: 'Compare the records that the message names with the limits of the topic (`max.message.bytes`).',
  },
  SINK_UNREACHABLE: {
    cause: 'An output cannot be written: Kafka does not answer, or the disk is full.',
    retry: true,
    remedy: 'Restore Kafka or free space; the service pauses its input until then.',
  },
  OUTPUT_INCOMPLETE: {
    cause:
      'An output file of `run --source` lacks lines, or its last one is cut: the disk is full or failed.',
    retry: false,
    remedy:
      'Free space or name a file on another disk, then run it again: output files are written from their start.',
  },
  TRANSACTION_LOST: {
    cause:
      'Exactly-once delivery: another instance took over the partition, or a transaction exceeded its time limit.',
    retry: true,
    remedy:
      'None needed: the instance rejoins and reads again from the end of the outputs. If it repeats, look for another deployment with the same `kafka.groupId`.',
  },
  STORE_CONFLICT: {
    cause: 'Another instance changed the same entry first.',
    retry: true,
    remedy: 'A service retries by itself. Run a command again.',
  },
  ARCHIVE_UNREACHABLE: {
    cause: 'PostgreSQL does not answer, or another process uses the archive.',
    retry: true,
    remedy: 'Check `archive.url` and PostgreSQL. Archiving resumes automatically.',
  },
  ARCHIVE_REFUSED: {
    cause:
      'The login failed (28P01), rights are missing (42501), the database does not exist (3D000), tables are missing or of another version, or another `sigwatch archive` is running.',
    retry: false,
    remedy: 'Do what the message says; docs/archive.md lists the rights.',
  },
  ARCHIVE_TOO_SLOW: {
    cause: 'A query exceeded `archive.queryTimeout`.',
    retry: true,
    remedy: 'Ask for a shorter period, or raise `archive.queryTimeout`.',
  },
  ARCHIVE_BUSY: {
    cause: 'All connections for statements that take long are in use.',
    retry: true,
    remedy: 'Wait until other searches have ended.',
  },
  NOTIFY_REFUSED: {
    cause: 'An Alertmanager cannot be reached, or does not answer 2xx.',
    retry: true,
    remedy:
      'Check `notify.alertmanagers`, `notify.token` and the Alertmanager. Open states are posted again every 30 s; see docs/notify.md.',
  },
  FEEDBACK_REFUSED: {
    cause: 'The service refused a row of feedback; nothing has changed.',
    retry: false,
    remedy: 'Correct what the message names.',
  },
  FEEDBACK_UNANSWERED: {
    cause: 'The service did not answer a row of feedback in time.',
    retry: true,
    remedy:
      'Do not send it again: it takes effect when the service reads it. Look for it in `kafka.topics.feedbackResults`.',
  },
  ...HTTP_ERRORS,
  OFFSET_GAP: {
    cause:
      'Records were about to be skipped. The process exits; after a restart it continues from the last commit and loses nothing.',
    retry: false,
    remedy: 'Report it with the log line.',
  },
  INTERNAL: { cause: 'Defect in sigwatch.', retry: false, remedy: 'Report it with the log line.' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** An error raised by sigwatch, with a code of the table and a message that gives the location if there is one. */
export class SigwatchError extends Error {
  readonly code: ErrorCode
  /** What to do about it: of this cause where it is known, otherwise that of the code. */
  readonly remedy: string
  constructor(
    code: ErrorCode,
    message: string,
    { remedy, ...options }: { cause?: unknown; remedy?: string } = {},
  ) {
    super(message, options)
    this.name = 'SigwatchError'
    this.code = code
    this.remedy = remedy ?? ERRORS[code].remedy
  }
  get retry(): boolean {
    return ERRORS[this.code].retry
  }
}

/** The result of `attempt`. Throws USAGE if it fails, with `what` before its message. */
export function orUsage<T>(what: string, attempt: () => T): T {
  try {
    return attempt()
  } catch (cause) {
    throw new SigwatchError('USAGE', `${what}: ${(cause as Error).message}`, { cause })
  }
}

/** A fault in the value of an option of the command line. */
export function optionFault(option: string, message: string): SigwatchError {
  return new SigwatchError('USAGE', `${option}: ${message}`)
}

/** An unreadable input record: the message names the field and its allowed values, never its value. */
export class RecordError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A failure in a warning: the code of a SigwatchError, whose message may quote a record, else the error's message. */
export function codeOf(error: unknown): string {
  return error instanceof SigwatchError ? error.code : error instanceof Error ? error.message : String(error)
}

export interface Problem {
  readonly file: string
  /** From 1; absent if the fault concerns the whole file. */
  readonly line?: number
  /** Path of the key, for example `signatures[3].ports[0]`. */
  readonly key?: string
  readonly message: string
}

/** `file:line: key: message` */
export function formatProblem(p: Problem): string {
  return `${p.file}${p.line === undefined ? '' : `:${p.line}`}: ${p.key ? `${p.key}: ` : ''}${p.message}`
}

/** Faults in files and settings: exit code 2. */
export class InvalidInput extends SigwatchError {
  readonly problems: readonly Problem[]
  constructor(code: ErrorCode, problems: readonly Problem[]) {
    super(code, problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}
