import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { extname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { Node } from 'jsonc-parser'
import type * as YAML from 'yaml'
import type { Problem } from '../../domain/errors.ts'
import { jsonOf } from '../../domain/json.ts'
import { jsonFault, jsonOffset, type Path } from './json-scan.ts'
import { libraries } from './libraries.ts'
import { yamlProblems } from './yaml-problems.ts'

export type { Path } from './json-scan.ts'

/** A parsed YAML or JSON file that can map a value back to its line. */
export interface OperatorDocument {
  readonly file: string
  /** JSON data; undefined for an empty file. Unquoted times remain strings (YAML core schema). */
  readonly value: unknown
  /** Only white space and comments, as after a write that was interrupted or ran out of disk space. */
  readonly isBlank?: boolean
  /** Line, from 1, of the key or item at `path`, or of the nearest existing one above it. */
  line(path: Path): number | undefined
}

export interface ReadResult {
  /** Absent if the file cannot be read or parsed. */
  readonly document?: OperatorDocument
  readonly problems: readonly Problem[]
}

/** A non-blank line of a JSONL file. */
export interface JsonLine {
  /** From 1. */
  readonly line: number
  /** Absent if there is a `problem`. */
  readonly value?: unknown
  readonly problem?: Problem
}

const JSON_CHECKED_CHARS = 4_000_000
const CHUNK = 1 << 20
const MAX_LINE = 1 << 20

/** Problem for an empty file that is probably an accident; `meaning`: what `{}` would mean. */
export function blankProblem({ file }: OperatorDocument, meaning: string): Problem {
  return { file, message: `is empty: it may have been written only in part; write {} for ${meaning}` }
}

/** Formats a path as in `signatures[3].ports[0]`; keys other than plain words are quoted. */
export function formatPath(path: Path): string {
  let out = ''
  for (const step of path) {
    if (typeof step === 'number') out += `[${step}]`
    else if (/^[\p{L}\p{N}_-]+$/u.test(step)) out += out === '' ? step : `.${step}`
    else out += `[${JSON.stringify(step)}]`
  }
  return out
}

/** Whether the file name ends with `.jsonl` or `.ndjson`. */
export function isJsonLines(file: string): boolean {
  return /^\.(jsonl|ndjson)$/i.test(extname(file))
}

/** Message for an error of reading a file. */
export function describeReadError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'the file does not exist'
  if (code === 'EISDIR') return 'is a folder; a file is needed'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user: see its owner and mode'
  return `cannot be read (${code ?? String(error)})`
}

/** Reads a YAML file, or a JSON file if its name ends with `.json`. */
export function readOperatorFile(file: string): ReadResult {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    return { problems: [{ file, message: describeReadError(error) }] }
  }
  if (!isUtf8(bytes)) return { problems: [notUtf8(file, bytes)] }
  return parseOperatorText(file, bytes.toString('utf8'))
}

/** Parses text as `readOperatorFile` does; `file` selects YAML or JSON and is named in problems. */
export function parseOperatorText(file: string, content: string): ReadResult {
  const text = content.startsWith('\ufeff') ? content.slice(1) : content
  if (text.trim() === '')
    return { document: { file, value: undefined, isBlank: true, line: () => undefined }, problems: [] }
  return /\.json$/i.test(file) ? parseJson(file, text) : parseYaml(file, text)
}

function notUtf8(file: string, bytes: Buffer): Problem {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start)
    const stop = end < 0 ? bytes.length : end
    if (!isUtf8(bytes.subarray(start, stop))) break
    start = stop + 1
  }
  return { file, line, message: 'is not valid UTF-8: save the file in UTF-8' }
}

function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

function parseJson(file: string, text: string): ReadResult {
  const value = jsonOf(text)
  const broken = value === undefined
  if (broken || text.length <= JSON_CHECKED_CHARS) {
    const fault = jsonFault(text)
    if (fault) return { problems: [{ file, line: lineAt(text, fault.offset), message: fault.message }] }
    if (broken) return { problems: [{ file, message: 'is not valid JSON' }] }
  }
  let tree: Node | undefined
  const line = (path: Path) => {
    tree ??= libraries.json.parseTree(text)
    return tree && lineAt(text, jsonOffset(tree, path))
  }
  return { document: { file, value, line }, problems: [] }
}

function parseYaml(file: string, text: string): ReadResult {
  const lines = new libraries.yaml.LineCounter()
  const options = { lineCounter: lines, prettyErrors: false, version: '1.2', logLevel: 'error' } as const
  const document = libraries.yaml.parseDocument(text, options)
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) return { problems: yamlProblems(file, text, lines, document, faults) }
  let value: unknown
  try {
    value = document.toJS() ?? undefined
  } catch (error) {
    return { problems: [{ file, message: `cannot be read: ${(error as Error).message}` }] }
  }
  const isBlank = value === undefined
  return { document: { file, value, isBlank, line: (path) => yamlLine(document, lines, path) }, problems: [] }
}

function yamlLine(document: YAML.Document, lines: YAML.LineCounter, path: Path): number | undefined {
  const { isAlias, isMap, isNode, isScalar, isSeq } = libraries.yaml
  let node: unknown = document.contents
  let offset: number | undefined
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
      if (!pair) break
      offset = (pair.key as YAML.Scalar).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      if (!isNode(node)) break
      offset = node.range?.[0] ?? offset
    } else break
  }
  return offset === undefined ? undefined : lines.linePos(offset).line
}

/**
 * Streams a JSONL file without loading it into memory. Skips blank lines; a line that is not JSON has a problem instead of a
 * value. Only LF ends a line.
 */
export function* readJsonLines(
  file: string,
  parse: (json: string) => unknown = JSON.parse,
): Generator<JsonLine> {
  let line = 0
  for (const text of fileLines(file)) {
    line++
    if (typeof text !== 'string')
      yield { line, problem: text.ofLine ? { ...text.problem, line } : text.problem }
    else if (text.trim() !== '') yield parseJsonLine(file, line, text, parse)
  }
}

/** Parses one line of JSONL; `file` and `line` are named in the problem. */
export function parseJsonLine(
  file: string,
  line: number,
  text: string,
  parse: (json: string) => unknown = JSON.parse,
): JsonLine {
  try {
    return { line, value: parse(text) }
  } catch {
    const fault = jsonFault(text)
    const column = fault ? ` at column ${fault.offset + 1}` : ''
    return {
      line,
      problem: { file, line, message: `is not valid JSON: ${fault?.message ?? 'cut off'}${column}` },
    }
  }
}

/** Why a line (`ofLine`) or the rest of the file cannot be read. */
interface Unreadable {
  readonly problem: Problem
  readonly ofLine: boolean
}

function* fileLines(file: string): Generator<string | Unreadable> {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (error) {
    yield { problem: { file, message: describeReadError(error) }, ofLine: false }
    return
  }
  try {
    const chunk = Buffer.alloc(CHUNK)
    const decoder = new StringDecoder('utf8')
    let rest = ''
    let first = true
    for (;;) {
      const size = readSync(handle, chunk, 0, CHUNK, null)
      let text = size === 0 ? decoder.end() : decoder.write(chunk.subarray(0, size))
      if (first && text.startsWith('\ufeff')) text = text.slice(1)
      first = false
      let start = 0
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        yield whole(file, rest + text.slice(start, end))
        rest = ''
        start = end + 1
      }
      rest += text.slice(start)
      if (size === 0) break
      if (rest.length > MAX_LINE) {
        const message = `is longer than ${MAX_LINE} characters: is this JSONL, with one object per line?`
        yield { problem: { file, message }, ofLine: true }
        return
      }
    }
    if (rest !== '') yield whole(file, rest)
  } catch (error) {
    yield { problem: { file, message: describeReadError(error) }, ofLine: false }
  } finally {
    closeSync(handle)
  }
}

/** Invalid UTF-8 was decoded to U+FFFD, which no name or number contains. */
function whole(file: string, text: string): string | Unreadable {
  if (!text.includes('\ufffd')) return text
  return { problem: { file, message: 'is not valid UTF-8: save the file in UTF-8' }, ofLine: true }
}
