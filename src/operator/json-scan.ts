/** Steps from the root of a document to a value: keys and indices. */
export type Path = readonly (string | number)[]

/** A fault of JSON syntax, or a key that is given twice; `offset` in code units. */
export interface JsonFault {
  readonly offset: number
  readonly message: string
}

/** Called with the path and offset of every key of an object and every item of a list. */
type Visit = (path: Path, offset: number) => void

const SPACE = /[\t\n\r ]*/y
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const MAX_DEPTH = 64

class Stop extends Error {
  readonly fault: JsonFault
  constructor(offset: number, message: string) {
    super(message)
    this.fault = { offset, message }
  }
}

class Scanner {
  private at = 0
  private readonly text: string
  private readonly visit: Visit
  private readonly path: (string | number)[] = []
  constructor(text: string, visit: Visit) {
    this.text = text
    this.visit = visit
  }

  document(): void {
    this.value()
    this.space()
    if (this.at < this.text.length) throw new Stop(this.at, 'nothing may follow the end of the JSON value')
  }

  private space(): void {
    SPACE.lastIndex = this.at
    SPACE.exec(this.text)
    this.at = SPACE.lastIndex
  }

  private match(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (!found) throw new Stop(this.at, `${expected} is expected here`)
    this.at = pattern.lastIndex
    return found[0]
  }

  private value(): void {
    this.space()
    if (this.path.length > MAX_DEPTH) throw new Stop(this.at, `nested deeper than ${MAX_DEPTH} levels`)
    const sign = this.text[this.at]
    if (sign === '{') this.object()
    else if (sign === '[') this.list()
    else if (sign === '"') this.match(STRING, 'a string without line breaks, closed by a double quote,')
    else
      this.match(SCALAR, 'a value (text in double quotes, a number, true, false, null, an object or a list)')
  }

  private object(): void {
    const keys = new Set<string>()
    this.items('}', () => {
      const offset = this.at
      const key = JSON.parse(this.match(STRING, 'a key in double quotes')) as string
      if (keys.has(key)) throw new Stop(offset, `the key "${key}" is given twice`)
      keys.add(key)
      this.space()
      this.match(/:/y, 'a colon')
      return { step: key, offset }
    })
  }

  private list(): void {
    let index = 0
    this.items(']', () => ({ step: index++, offset: this.at }))
  }

  private items(close: '}' | ']', head: () => { step: string | number; offset: number }): void {
    this.at++
    this.space()
    if (this.text[this.at] === close) {
      this.at++
      return
    }
    for (;;) {
      this.space()
      const { step, offset } = head()
      this.path.push(step)
      this.visit(this.path, offset)
      this.value()
      this.path.pop()
      this.space()
      const sign = this.text[this.at++]
      if (sign === close) return
      if (sign !== ',') throw new Stop(this.at - 1, `a comma or "${close}" is expected here`)
    }
  }
}

/** The first fault of a JSON text, strict as `JSON.parse` and also against keys given twice. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    new Scanner(text, () => {}).document()
    return undefined
  } catch (error) {
    if (error instanceof Stop) return error.fault
    throw error
  }
}

/** Offset at which the key or item of `path` begins in a valid JSON text; of the deepest step that is there. */
export function jsonOffset(text: string, path: Path): number {
  let offset = 0
  let depth = 0
  const scan = new Scanner(text, (at, start) => {
    if (at.length === depth + 1 && at[depth] === path[depth] && samePrefix(at, path, depth)) {
      offset = start
      depth++
      if (depth === path.length) throw new Stop(start, '')
    }
  })
  try {
    if (path.length > 0) scan.document()
  } catch (error) {
    if (!(error instanceof Stop)) throw error
  }
  return offset
}

function samePrefix(a: Path, b: Path, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false
  return true
}
