import type { Node } from 'jsonc-parser'
import { libraries } from './libraries.ts'

/** Steps from the root of a document to a value: keys and indices. */
export type Path = readonly (string | number)[]

/** A JSON syntax error, a duplicate key or too deep nesting; `offset` in code units. */
export interface JsonFault {
  readonly offset: number
  readonly message: string
}

const MAX_DEPTH = 64
const VALUE =
  'a value (text in double quotes, a number, true, false, null, an object or a list) is expected here'
const STRING = 'a string without line breaks, closed by a double quote, is expected here'

class Stop extends Error {
  readonly fault: JsonFault
  constructor(offset: number, message: string) {
    super(message)
    this.fault = { offset, message }
  }
}

/** Message for an error of jsonc-parser by its name; `close`: bracket that closes the surrounding object or list. */
function sentence(error: string, close: string | undefined): string {
  switch (error) {
    case 'PropertyNameExpected':
      return 'a key in double quotes is expected here'
    case 'ColonExpected':
      return 'a colon is expected here'
    case 'CommaExpected':
    case 'CloseBraceExpected':
    case 'CloseBracketExpected':
      return `a comma or "${close}" is expected here`
    case 'EndOfFileExpected':
      return 'nothing may follow the end of the JSON value'
    case 'InvalidCommentToken':
    case 'UnexpectedEndOfComment':
      return 'JSON has no comments'
    case 'UnexpectedEndOfString':
    case 'InvalidUnicode':
    case 'InvalidEscapeCharacter':
    case 'InvalidCharacter':
      return STRING
    default:
      return VALUE
  }
}

/** First fault of a JSON text: as strict as `JSON.parse`, and rejects duplicate keys and deep nesting too. */
export function jsonFault(text: string): JsonFault | undefined {
  /** For each open object its keys so far; undefined for each open list. */
  const open: (Set<string> | undefined)[] = []
  const begin = (keys: Set<string> | undefined) => (offset: number) => {
    if (open.length > MAX_DEPTH) throw new Stop(offset, `nested deeper than ${MAX_DEPTH} levels`)
    open.push(keys && new Set(keys))
  }
  const end = () => void open.pop()
  const { printParseErrorCode, visit } = libraries.json
  try {
    visit(
      text,
      {
        onObjectBegin: begin(new Set()),
        onObjectEnd: end,
        onArrayBegin: begin(undefined),
        onArrayEnd: end,
        onObjectProperty(key, offset) {
          const keys = open.at(-1)
          if (keys?.has(key)) throw new Stop(offset, `the key "${key}" occurs twice`)
          keys?.add(key)
        },
        onError(code, offset) {
          const close = open.length === 0 ? undefined : open.at(-1) ? '}' : ']'
          throw new Stop(offset, sentence(printParseErrorCode(code), close))
        },
      },
      { disallowComments: true },
    )
    return undefined
  } catch (error) {
    if (error instanceof Stop) return error.fault
    throw error
  }
}

/** Offset of the key or item at `path` below `root`, or of the nearest existing one above it. */
export function jsonOffset(root: Node, path: Path): number {
  let node: Node | undefined = root
  let { offset } = root
  for (const step of path) {
    const child: Node | undefined =
      node?.type === 'array'
        ? node.children?.[Number(step)]
        : node?.children?.find((property) => property.children?.[0]?.value === String(step))
    if (child === undefined) break
    offset = child.offset
    node = child.type === 'property' ? child.children?.[1] : child
  }
  return offset
}
