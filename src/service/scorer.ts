import { isUtf8 } from 'node:buffer'
import { classify, type ExtractedMessage } from '../detection/classify.ts'
import { judge, NOTHING_KNOWN } from '../detection/judge.ts'
import { messageOf } from '../detection/message-of.ts'
import { readMessage } from '../detection/read-message.ts'
import { loadedVersions, openAssets, SHIPPED_MODEL } from '../detection/versions/assets.ts'
import type { ExplainedFinding } from '../domain/alert.ts'
import type { Code } from '../domain/codes.ts'
import type { Finding } from '../domain/decision.ts'
import { given } from '../domain/given.ts'
import type { HeadReading } from '../domain/heads.ts'
import { jsonOf } from '../domain/json.ts'
import type { Label, Scores } from '../domain/labels.ts'
import type { AnalysedMessage, SmsRecord } from '../domain/message.ts'
import { readTenant } from '../domain/tenant.ts'
import { parseIsoTime } from '../domain/time.ts'
import { hasLength } from '../pipeline/decode.ts'
import { fileMap } from '../pipeline/side-inputs/mapped-rows.ts'
import { loadConfig } from '../settings/config.ts'
import { openHeads } from '../text/reader/heads.ts'

/** `asks`, `tone`, `speaks` and `warns` are absent if the model has no heads. */
export interface ScoreResult extends Partial<HeadReading> {
  readonly id?: string
  readonly label: Label
  readonly scores: Scores
  /** Without brackets; null if there is none. */
  readonly signature: string | null
  /** As written in the text. */
  readonly urls: readonly string[]
  readonly normalised: string
  readonly reasons: readonly Code[]
  /** With `explain`: evidence for each reason. Not masked. */
  readonly findings?: readonly ExplainedFinding[]
}

export interface ScoreFailure {
  readonly id?: string
  readonly error: string
}

export interface ScorerOptions {
  readonly config?: string
  readonly policy?: string
  readonly rules?: string
  readonly registry?: string
  readonly model?: string
  /** Adds `findings` to the results. */
  readonly explain?: boolean
}

const MAX_CHARACTERS = 2000

/** Why a line cannot be scored. */
class LineError extends Error {
  readonly id: string | undefined
  constructor(message: string, id?: string) {
    super(message)
    this.id = id
  }
}

/** Creates a scorer that counts nothing: it uses the text model and the message detectors only. */
export async function createScorer(options: ScorerOptions) {
  const { config: file, explain = false, ...overrides } = options
  const { config } = loadConfig({ file, overrides, serving: false })
  const assets = await openAssets(config, () => {}, fileMap(config, 'registry'))
  const versions = loadedVersions(assets)
  const { classifier } = versions
  const heads = openHeads(config.model ?? SHIPPED_MODEL)

  /** Codes that need a sender or a time are skipped if the line has none. */
  function findings(message: AnalysedMessage, timed: boolean): readonly Finding[] {
    const lacks = [...(message.from === '' ? ['sender' as const] : []), ...(timed ? [] : ['time' as const])]
    return judge(message, { ...NOTHING_KNOWN, lacks }, versions).findings
  }

  return {
    /** Returns one result per line, in order. */
    score(lines: readonly Buffer[]): (ScoreResult | ScoreFailure)[] {
      const results: (ScoreResult | ScoreFailure)[] = new Array(lines.length)
      const messages: (ReadLine & { readonly index: number })[] = []
      lines.forEach((line, index) => {
        try {
          messages.push({ index, ...readLine(line, index) })
        } catch (error) {
          if (!(error instanceof LineError)) throw error
          results[index] = { ...given({ id: error.id }), error: error.message }
        }
      })
      classify(
        messages.map((m) => m.message),
        classifier,
      ).forEach((message, i) => {
        const { index, id, timed } = messages[i]!
        const found = findings(message, timed)
        results[index] = {
          ...given({ id }),
          label: message.label,
          scores: message.scores,
          signature: message.signature?.name ?? null,
          urls: message.urls.map((url) => url.text),
          normalised: message.normalised.text,
          reasons: found.map(({ code }) => code),
          ...heads?.read({ original: message.text, normalised: message.normalised.text }),
          ...given({
            findings: explain
              ? found.map(({ code, score, evidence }) => ({ code, score, evidence }))
              : undefined,
          }),
        }
      })
      return results
    },
    close: () => classifier.close(),
  }
}

interface ReadLine {
  readonly message: ExtractedMessage
  readonly id: string | undefined
  /** Whether the line has a timestamp. */
  readonly timed: boolean
}

function readLine(line: Buffer, index: number): ReadLine {
  if (line.length === 0) throw new LineError('the line is empty')
  if (!isUtf8(line)) throw new LineError('the line is not valid UTF-8')
  const whole = line.toString('utf8')
  const fields = asRecord(whole)
  const id = typeof fields?.id === 'string' ? fields.id : undefined
  const text = fields ? fields.text : whole
  if (typeof text !== 'string' || text === '')
    throw new LineError('text: must be a string of 1-2000 characters', id)
  if (!hasLength(text, 1, MAX_CHARACTERS)) {
    throw new LineError('text: must have 1-2000 characters', id)
  }
  const signature = optionalText(fields?.signature)
  const { carrier, sp } = fields ?? {}
  const tenant = readTenant(fields?.tenant)
  const ts = timeOf(fields?.ts)
  const record: SmsRecord = {
    value: line,
    id: id ?? String(index),
    ts: ts ?? Date.now(),
    from: optionalText(fields?.from),
    to: optionalText(fields?.to),
    text,
    blocked: false,
    ...given({
      signature: signature || undefined,
      carrier: typeof carrier === 'string' ? carrier : undefined,
      sp: typeof sp === 'string' ? sp : undefined,
      tenant: tenant || undefined,
    }),
  }
  const position = { topic: 'stdin', partition: 0, offset: index }
  const message = messageOf(record, position, record.ts)
  return { id, message: readMessage(message, () => ''), timed: ts !== undefined }
}

/** The line as a record, if it is a JSON object with `text`. */
function asRecord(line: string): Record<string, unknown> | undefined {
  const value = /^\s*\{/.test(line) ? jsonOf<Record<string, unknown>>(line) : undefined
  return value && 'text' in value ? value : undefined
}

function optionalText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function timeOf(value: unknown): number | undefined {
  const ts = typeof value === 'string' ? parseIsoTime(value) : value
  return typeof ts === 'number' && Number.isFinite(ts) ? ts : undefined
}
