import { type Code, parseTarget } from '../../domain/codes.ts'
import type { ConsentRow } from '../../domain/consent-ledger.ts'
import type { Action, Target } from '../../domain/decision.ts'
import type { Problem } from '../../domain/errors.ts'
import type { FeedbackVerdict } from '../../domain/events.ts'
import type { Label } from '../../domain/labels.ts'
import { DAY, LATEST_TIME } from '../../domain/time.ts'
import { formatPath } from '../../settings/files/operator-file.ts'
import type { Fault } from '../../settings/files/operator-schema.ts'
import { type RowMap, readRows } from '../../settings/files/row-file.ts'
import { momentOf } from '../../settings/files/value-forms.ts'
import { bareSignature } from '../../text/bare-signature.ts'
import { canonicalTargetId } from '../../text/canonical-target.ts'
import { jsonValueOf } from './json-value.ts'
import { CHECKS } from './row-checks.ts'

/** An inbound reply from the subscriber `from` to the port `to`, both in canonical form; `ts` is epoch ms. */
export interface Reply {
  readonly id?: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
}

export interface Complaint {
  readonly id?: string
  readonly ts: number
  /** The port or number complained about, canonical. */
  readonly from?: string
  readonly signature?: string
  /** The complainant: canonical number or token. */
  readonly to?: string
  readonly text?: string
  /** `12321`, or another forwarder. */
  readonly source: string
  readonly category?: string
}

/**
 * An analyst's feedback on exactly one of a state, a message and a target. `block` and `unblock` are orders, and `undo`
 * reverts earlier feedback.
 */
export interface Feedback {
  readonly stateId?: string
  readonly messageId?: string
  readonly target?: Target
  /** If absent, every code that applies to the subject. */
  readonly codes?: readonly Code[]
  readonly verdict: FeedbackVerdict
  /** Epoch ms, at most 30 days after `ts`; default: 24 h after `ts`. */
  readonly until: number
  readonly by: string
  readonly note?: string
  readonly ts: number
  /** Identifies the row in its answer; default: a hash of its content. */
  readonly feedbackId?: string
  readonly batch?: string
  /** The `feedbackId` or `batch` to undo. */
  readonly undo?: string
  readonly label?: Label
  /** For `block`. */
  readonly action?: Action
  readonly perMinute?: number
  readonly labels?: readonly Label[]
}

export interface RowsByInput {
  readonly consents: ConsentRow
  readonly replies: Reply
  readonly complaints: Complaint
  readonly feedback: Feedback
}
export type RowInput = keyof RowsByInput

export type SideLine<I extends RowInput> =
  | { readonly line: number; readonly row: RowsByInput[I] }
  | { readonly line: number; readonly deleted: string }
  | { readonly line: number; readonly problem: Problem }

/** Converts a number to the canonical form used for comparison (`canonicalNumber`); other values are returned unchanged. */
export type Canonical = (number: string) => string

/** Maximum duration of feedback, ms: a writer of the topic cannot disable a code for good. */
const LONGEST_FEEDBACK = 30 * DAY

type Optional<T> = T | null | undefined
type Moment = number | string

/** A row as written, after its shape was checked. Null members count as absent. */
interface Written {
  readonly consents: {
    readonly signature: string
    readonly to: string
    readonly state: ConsentRow['state']
    readonly ts: Moment
    readonly proof?: Optional<string>
    readonly was?: Optional<{ readonly state: ConsentRow['state']; readonly ts: Moment }>
  }
  readonly replies: Omit<Reply, 'id' | 'ts'> & { readonly id?: Optional<string>; readonly ts: Moment }
  readonly complaints: { readonly [K in Exclude<keyof Complaint, 'ts' | 'source'>]?: Optional<string> } & {
    readonly ts: Moment
    readonly source: string
  }
  readonly feedback: {
    readonly [K in
      | 'stateId'
      | 'messageId'
      | 'target'
      | 'note'
      | 'feedbackId'
      | 'batch'
      | 'undo']?: Optional<string>
  } & {
    readonly action?: Optional<Action>
    readonly perMinute?: Optional<number>
    readonly labels?: Optional<readonly Label[]>
    readonly codes?: Optional<readonly Code[]>
    readonly label?: Optional<Label>
    readonly verdict?: Optional<FeedbackVerdict>
    readonly until?: Optional<Moment>
    readonly by: string
    readonly ts: Moment
  }
}

const fault = (key: string, message: string): Fault => ({ path: [key], message })

/** Constraints between members that a schema cannot express. */
const RELATIONS: { readonly [I in RowInput]?: (row: RowsByInput[I]) => Fault | undefined } = {
  consents: ({ ts, was }) =>
    was && was.ts > ts ? fault('was', 'is later than ts: it is the change before') : undefined,
  feedback: (row) => {
    const { stateId, messageId, target, undo, verdict, ts, until } = row
    const about = [stateId, messageId, target].filter((one) => one !== undefined).length
    if (undo !== undefined && verdict !== 'undo') return fault('undo', 'cannot be combined with a verdict')
    if (undo !== undefined && about > 0)
      return fault('undo', 'cannot be combined with stateId, messageId or target')
    if (undo === undefined && verdict === 'undo') return fault('verdict', 'is missing')
    if (undo === undefined && about !== 1)
      return fault('stateId', 'exactly one of stateId, messageId and target must be given')
    if (verdict === 'exempt' && !target) return fault('target', 'is missing: exempt requires a target')
    const wrong = orderFault(row)
    if (wrong) return wrong
    if (until <= ts) return fault('until', 'must be later than the row')
    return until > ts + LONGEST_FEEDBACK
      ? fault('until', 'must be at most 30 days later than the row')
      : undefined
  },
}

/** Constraints on `block` and `unblock`. */
function orderFault({ verdict, target, messageId, note, action, perMinute }: Feedback): Fault | undefined {
  if (verdict === 'unblock' && messageId !== undefined)
    return fault('messageId', 'unblock requires a target or a state')
  if (verdict !== 'block') return undefined
  if (!target) return fault('target', 'is missing: block requires a target')
  if (note === undefined) return fault('note', 'is missing: give the reason of the block')
  const throttles = action === 'throttle'
  if (throttles !== (perMinute !== undefined))
    return fault(
      'perMinute',
      throttles ? 'is missing: throttle requires it' : 'is only allowed with the action throttle',
    )
  return undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const READERS: { readonly [I in RowInput]: (value: Written[I], canonical: Canonical) => RowsByInput[I] } = {
  consents: ({ signature, to, state, ts, proof, was }, canonical) => {
    const row: Mutable<ConsentRow> = {
      signature: bareSignature(signature),
      to: canonical(to),
      state,
      ts: momentOf(ts),
    }
    if (proof != null) row.proof = proof
    if (was != null) row.was = { state: was.state, ts: momentOf(was.ts) }
    return row
  },
  replies: ({ id, ts, from, to, text }, canonical) => {
    const row: Mutable<Reply> = { ts: momentOf(ts), from: canonical(from), to: canonical(to), text }
    if (id != null) row.id = id
    return row
  },
  complaints: ({ id, ts, from, signature, to, text, source, category }, canonical) => {
    const row: Mutable<Complaint> = { ts: momentOf(ts), source }
    if (id != null) row.id = id
    if (from != null) row.from = canonical(from)
    if (signature != null) row.signature = bareSignature(signature)
    if (to != null) row.to = canonical(to)
    if (text != null) row.text = text
    if (category != null) row.category = category
    return row
  },
  feedback: (written) => {
    const { stateId, messageId, target, codes, until, by, note, ...more } = written
    const { ts, feedbackId, batch, undo, ...order } = more
    const at = momentOf(ts)
    const verdict = order.verdict ?? 'undo'
    const row: Mutable<Feedback> = { verdict, until: until == null ? at + DAY : momentOf(until), by, ts: at }
    if (stateId != null) row.stateId = stateId
    if (messageId != null) row.messageId = messageId
    if (target != null) row.target = targetOf(target)
    if (codes != null) row.codes = [...new Set(codes)]
    if (note != null) row.note = note
    if (feedbackId != null) row.feedbackId = feedbackId
    if (batch != null) row.batch = batch
    if (undo != null) row.undo = undo
    if (order.label != null) row.label = order.label
    if (order.action != null) row.action = order.action
    if (order.perMinute != null) row.perMinute = order.perMinute
    if (order.labels != null) row.labels = [...new Set(order.labels)]
    return row
  },
}

/** Parses a target, bringing its port into canonical form. */
function targetOf(target: string): Target {
  const { kind, id } = parseTarget(target)!
  return { kind, id: canonicalTargetId(kind, id) }
}

/**
 * Reads one row of a side input from its JSON value, or returns what is wrong, without numbers, texts or names. Rows
 * with a time after `latest`, epoch ms, are refused.
 */
export function readSideRow<I extends RowInput>(
  input: I,
  value: unknown,
  canonical: Canonical,
  latest = LATEST_TIME,
): { readonly row: RowsByInput[I] } | { readonly key: string; readonly message: string } {
  const [first] = CHECKS[input](value)
  if (first) return { key: formatPath(first.path), message: first.message }
  const row = READERS[input](value as Written[I], canonical)
  const wrong = futureFault(row, latest) ?? RELATIONS[input]?.(row)
  return wrong ? { key: formatPath(wrong.path), message: wrong.message } : { row }
}

function futureFault({ ts }: { readonly ts: number }, latest: number): Fault | undefined {
  return ts > latest ? fault('ts', 'is in the future: check the clock of the writer') : undefined
}

/** The same from the bytes of a topic record; undefined for a tombstone. The message names the field. */
export function readSideValue<I extends RowInput>(
  input: I,
  bytes: Buffer | null,
  canonical: Canonical,
  latest = LATEST_TIME,
): { readonly row: RowsByInput[I] } | { readonly message: string } | undefined {
  if (bytes === null) return undefined
  const json = jsonValueOf(bytes)
  if ('message' in json) return json
  const read = readSideRow(input, json.value, canonical, latest)
  return 'row' in read ? read : { message: read.key === '' ? read.message : `${read.key}: ${read.message}` }
}

/**
 * The rows of a JSONL or CSV file in order, with line numbers: valid rows, faulty rows and, if `map` supports
 * deletions, keys of deleted rows. Streams the file.
 */
export function* readSideFile<I extends RowInput>(
  input: I,
  file: string,
  canonical: Canonical,
  latest = LATEST_TIME,
  map?: RowMap,
): Generator<SideLine<I>> {
  for (const { line, value, problem, key } of readRows(file, map)) {
    if (problem) {
      yield { line, problem }
      continue
    }
    if (value === undefined) {
      yield { line, deleted: key ?? '' }
      continue
    }
    const read = readSideRow(input, value, canonical, latest)
    if ('row' in read) yield { line, row: read.row }
    else
      yield {
        line,
        problem: { file, line, message: read.message, ...(read.key === '' ? {} : { key: read.key }) },
      }
  }
}
