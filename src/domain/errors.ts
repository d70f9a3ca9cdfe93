import { type ErrorEntry, HTTP_ERRORS } from './http-errors.ts'

/** Table of all errors. docs/errors.md is generated from it; dead letters carry the `RECORD_*` codes and `MAPPING`. */
export const ERRORS = {
  RECORD_NOT_UTF8: { cause: 'The value is not valid UTF-8.', retry: false, remedy: 'Produce JSON in UTF-8.' },
  RECORD_NOT_JSON: {
    cause: 'The value is not JSON, or is cut off.',
    retry: false,
    remedy: 'Produce one complete JSON object a record.',
  },
  RECORD_NOT_OBJECT: {
    cause: 'The value is JSON but not an object.',
    retry: false,
    remedy: 'Produce one JSON object a record.',
  },
  RECORD_FIELD_MISSING: {
    cause: 'A required field is absent.',
    retry: false,
    remedy: 'Send id, ts, from, to and text.',
  },
  RECORD_FIELD_INVALID: {
    cause: 'A field has the wrong type, length or form.',
    retry: false,
    remedy: 'The detail names the field and what it may be.',
  },
  RECORD_TS_INVALID: {
    cause: 'The timestamp cannot be read, or lies before 2000 or after 2099.',
    retry: false,
    remedy: 'Send epoch milliseconds, or ISO-8601 with an offset.',
  },
  RECORD_TS_FUTURE: {
    cause: 'The timestamp is too far ahead of the reference clock.',
    retry: false,
    remedy: 'Set the clock of the gateway; see limits.futureReject.',
  },
  RECORD_TOO_LARGE: {
    cause: 'The value is larger than the limit.',
    retry: false,
    remedy: 'An SMS record fits in 64 kB; look at what the producer sends.',
  },
  RECORD_UNREADABLE: {
    cause:
      'A record, or the batch that contains it, cannot be decoded: wrong lengths, checksum or compression, more headers than `limits.headers`, or a batch that unpacks to more than `limits.bytesInFlight` allows. The value is what was fetched; `sigwatch-offset` and `sigwatch-last-offset` are the first and the last offset that it stands for.',
    retry: false,
    remedy:
      'The detail says what is wrong: look at what the producer writes. The records are still in the input topic, at their offsets.',
  },
  RECORD_NOT_DECODED: {
    cause: 'The bytes are not Avro or Protobuf of a schema that the schema registry has.',
    retry: false,
    remedy:
      'The detail names the schema; compare `input.format` and `input.schemaRegistry.url` with the producer.',
  },
  MAPPING: {
    cause: 'The record does not fit the map of its input (`input.map`).',
    retry: false,
    remedy: 'The detail names field, place and rule; try the map on records: sigwatch check --sample FILE.',
  },
  CONFIG_INVALID: {
    cause: 'The configuration is not as described.',
    retry: false,
    remedy: 'The message names file, line, key and the allowed values.',
  },
  REGISTRY_INVALID: {
    cause: 'The registry is not as described.',
    retry: false,
    remedy: 'The message names file, line, key and the allowed values.',
  },
  RULES_INVALID: {
    cause: 'The file of own rules is not as described.',
    retry: false,
    remedy:
      'The message names file, line, key and what is allowed; sigwatch check names the faults of all rows, then those of examples.',
  },
  POLICY_INVALID: {
    cause: 'The policy is not as described.',
    retry: false,
    remedy: 'The message names file, line, key and the allowed values.',
  },
  LEDGER_INVALID: {
    cause: 'A row of a side input is not as described.',
    retry: false,
    remedy: 'The message names file, line and field.',
  },
  TEMPLATES_INVALID: {
    cause: 'A list of known templates is damaged, unsigned, signed with another key, or not as described.',
    retry: false,
    remedy:
      'Nothing was imported. Get the whole list and the public key again from the deployment that signed it.',
  },
  MODEL_INVALID: {
    cause: 'The model folder is incomplete, damaged, or of another format.',
    retry: false,
    remedy: 'Train it again, or point model at another folder.',
  },
  MODEL_WORSE: {
    cause: 'A model that was trained on does worse on a label than --may-lose allows; nothing was written.',
    retry: false,
    remedy: 'Look at the table: label more text of what it loses, rehearse more, or say --accept-loss.',
  },
  USAGE: {
    cause: 'The command line is not as described.',
    retry: false,
    remedy: 'Run the command with --help.',
  },
  KAFKA_UNREACHABLE: {
    cause: 'No broker answers.',
    retry: true,
    remedy: 'Check kafka.brokers, the network, TLS and SASL.',
  },
  KAFKA_TOPIC_MISSING: {
    cause: 'A topic that must exist does not.',
    retry: false,
    remedy: 'Create it, or set kafka.createTopics.',
  },
  KAFKA_CLIENT: {
    cause: 'The installed kafkajs is another one than this build replaces parts of.',
    retry: false,
    remedy: 'Install the dependencies of the lock file again: npm ci.',
  },
  SCHEMA_REGISTRY_UNREACHABLE: {
    cause: 'The schema registry does not answer.',
    retry: true,
    remedy: 'Check input.schemaRegistry.*; `run` waits for it and loses nothing.',
  },
  OFFSET_GAP: {
    cause: 'Records of a partition were about to be passed over unread: a defect of sigwatch.',
    retry: false,
    remedy: 'Nothing is lost: the process begins again at the last commit. Report it with the log line.',
  },
  REDIS_UNREACHABLE: {
    cause: 'Redis does not answer within its budget.',
    retry: true,
    remedy: 'Check redis.url; counting resumes automatically.',
  },
  REDIS_REFUSED: {
    cause: 'A script failed in Redis, or Redis does not know a command of it.',
    retry: true,
    remedy:
      'Compare the version of Redis with docs/operations.md, and look for keys of another program under sigwatch:.',
  },
  SINK_REFUSED: {
    cause: 'The sink refuses a record for good.',
    retry: false,
    remedy: 'The detail names the records.',
  },
  SINK_UNREACHABLE: {
    cause: 'The sink does not answer.',
    retry: true,
    remedy: 'The input is paused until it does.',
  },
  TRANSACTION_LOST: {
    cause:
      'With exactly-once delivery: another instance writes for the partition now, or a transaction took too long and was ended.',
    retry: true,
    remedy: 'Nothing: the group is rejoined, and the records are read again from where the outputs end.',
  },
  STORE_CONFLICT: {
    cause: 'Another instance counted or changed the same thing first.',
    retry: true,
    remedy: 'Nothing: it is read again.',
  },
  ARCHIVE_UNREACHABLE: {
    cause: 'The database of the archive does not answer.',
    retry: true,
    remedy: 'Check archive.url and PostgreSQL; archiving resumes automatically where it stopped.',
  },
  NOTIFY_REFUSED: {
    cause: 'An Alertmanager takes no alerts: it cannot be reached, or answers something else than 2xx.',
    retry: true,
    remedy:
      'Check notify.alertmanagers, notify.token and the Alertmanager; what is open is posted again every half minute.',
  },
  ARCHIVE_REFUSED: {
    cause:
      'The database of the archive refuses what is asked: rights, a missing database, tables of another version.',
    retry: false,
    remedy:
      'The message is that of PostgreSQL: with 28P01 the password of archive.url; docs/archive.md says which rights are needed.',
  },
  ARCHIVE_TOO_SLOW: {
    cause: 'A query to the archive took longer than `archive.queryTimeout`, and PostgreSQL ended it.',
    retry: true,
    remedy: 'Ask for a shorter time, or raise archive.queryTimeout.',
  },
  FEEDBACK_REFUSED: {
    cause: 'The service refuses a row of feedback.',
    retry: false,
    remedy: 'The message says why; nothing has changed.',
  },
  FEEDBACK_UNANSWERED: {
    cause: 'The service has not answered a row of feedback in time.',
    retry: true,
    remedy:
      'The row is written and takes effect once the service reads it: look in kafka.topics.feedbackResults.',
  },
  ...HTTP_ERRORS,
  INTERNAL: { cause: 'A defect of sigwatch.', retry: false, remedy: 'Report it with the log line.' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** An error raised by sigwatch, with a code of the table and a message that gives the location if there is one. */
export class SigwatchError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'SigwatchError'
    this.code = code
  }
  get retry(): boolean {
    return ERRORS[this.code].retry
  }
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

/** A fault in an operator's file. */
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
