import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Node, parseTree } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../../src/domain/errors.ts'
import { jsonFault, jsonOffset } from '../../../../src/settings/files/json-scan.ts'
import { nearest } from '../../../../src/settings/files/nearest.ts'
import {
  formatPath,
  parseOperatorText,
  readJsonLines,
  readOperatorFile,
} from '../../../../src/settings/files/operator-file.ts'
import { compileSchema, toProblems } from '../../../../src/settings/files/operator-schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'operator-file-'))

function write(name: string, content: string | Buffer): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const checker = compileSchema({
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 4 },
    port: { type: 'string', format: 'port' },
    kind: { type: 'string', enum: ['red', 'green'] },
    share: { type: 'number', minimum: 0, maximum: 1 },
    list: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
  },
})

function faultsOf(yaml: string): string[] {
  const { document, problems } = parseOperatorText('a.yaml', yaml)
  if (!document) return problems.map(formatProblem)
  return toProblems(document, checker(document.value)).map(formatProblem)
}

describe('operator files', () => {
  it('keeps unquoted times, spans and offsets as text', () => {
    const { document } = parseOperatorText(
      'a.yaml',
      'at: 2026-11-01T00:00+08:00\nspan: 21:00-08:00\nzone: +08:00\n',
    )
    expect(document?.value).toEqual({ at: '2026-11-01T00:00+08:00', span: '21:00-08:00', zone: '+08:00' })
  })

  it('finds the line of keys, items and nested values, in YAML and in JSON', () => {
    const yaml = parseOperatorText('a.yaml', '# first\na:\n  - x\n  - {b: 1,\n     c: 2}\n').document!
    expect([['a'], ['a', 0], ['a', 1], ['a', 1, 'c']].map((path) => yaml.line(path))).toEqual([2, 3, 4, 5])
    const json = parseOperatorText('a.json', '{\n "a": [\n  "x",\n  {"b": 1,\n "c": "a"}\n ]\n}').document!
    expect([['a'], ['a', 0], ['a', 1], ['a', 1, 'c']].map((path) => json.line(path))).toEqual([2, 3, 4, 5])
    expect(json.line(['a', 1, 'missing'])).toBe(4)
  })

  it('follows aliases to the line where the value stands', () => {
    const { document } = parseOperatorText('a.yaml', 'base: &b\n  x: 1\nother: *b\n')
    expect(document?.line(['other', 'x'])).toBe(2)
  })

  it.each([
    ['a: 1\na: 2\n', 'a.yaml:2: the key a occurs twice: keep one'],
    ['a:\n\t- b\n', 'a.yaml:2: is not valid YAML: a tab is used as indentation: use spaces'],
    ['a: [1, 2\n', 'a.yaml:1: is not valid YAML: the [ in column 4 is not closed'],
    [
      'mode: shadow\ncodes: {A: {action: review}\nperiods: []\n',
      'a.yaml:2: is not valid YAML: the { in column 8 is not closed',
    ],
    ['{a: {b: 1\n', 'a.yaml:1: is not valid YAML: the { in column 5 is not closed'],
    ['a:\n  - [1, {b: 2], c: 3}\n', 'a.yaml:2: is not valid YAML: the { in column 9 is not closed'],
    ['a: "x\nb: 1\n', 'a.yaml:1: is not valid YAML: the " in column 4 is not closed'],
    ['a:\n    b: 1\n  c: 2\n', 'a.yaml:3: is not valid YAML: the indentation does not fit'],
    ['a: 1\n---\nb: 2\n', 'a.yaml:2: is not valid YAML: only one YAML document'],
  ])('says what is wrong with YAML %j', (text, expected) => {
    expect(parseOperatorText('a.yaml', text).problems.map(formatProblem).join('\n')).toContain(expected)
  })

  it.each([
    ['{"a": 1,}', 'a.json:1: a key in double quotes is expected here'],
    ['{\n"a": 1\n"b": 2}', 'a.json:3: a comma or "}" is expected here'],
    ['{"a": 1,\n"a": 2}', 'a.json:2: the key "a" occurs twice'],
    ['{"a": tru}', 'a.json:1: a value'],
    ['[1] 2', 'a.json:1: nothing may follow'],
    ['{"a": "x\ny"}', 'a.json:1: a string without line breaks'],
  ])('says what is wrong with JSON %j', (text, expected) => {
    expect(parseOperatorText('a.json', text).problems.map(formatProblem).join('\n')).toContain(expected)
  })

  it('reports few of the many faults that one mistake in YAML causes', () => {
    const { problems } = parseOperatorText('a.yaml', `a: 1\nb: ${'{'.repeat(400)}`)
    expect(problems).toHaveLength(21)
    expect(problems.slice(0, 20).every(({ line }) => line === 2)).toBe(true)
    expect(formatProblem(problems[20]!)).toBe('a.yaml: 380 more syntax errors')
  })

  it('treats an empty file as no value', () => {
    for (const name of ['a.yaml', 'a.json']) {
      expect(parseOperatorText(name, ' \n').document).toMatchObject({ value: undefined, isBlank: true })
    }
  })

  it('says that a file is missing, is a folder, or is not UTF-8 and on which line', () => {
    expect(readOperatorFile(join(folder, 'none.yaml')).problems[0]?.message).toBe('the file does not exist')
    expect(readOperatorFile(folder).problems[0]?.message).toContain('folder')
    const file = write('latin.yaml', Buffer.from('a: 1\nb: \xe9\n', 'latin1'))
    expect(readOperatorFile(file).problems[0]).toMatchObject({
      line: 2,
      message: expect.stringContaining('UTF-8'),
    })
  })

  it('stops at aliases that multiply', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]',
      'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]',
    ]
    const text = `${bomb.join('\n')}\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`
    expect(parseOperatorText('a.yaml', text).problems[0]?.message).toContain('alias')
  })

  it('lets no library warn in words of its own about a key that is a list', async () => {
    const warnings: string[] = []
    const listen = ({ message }: Error) => warnings.push(message)
    process.on('warning', listen)
    const { document } = parseOperatorText('keys.yaml', '? [京东]\n: 1\n')
    expect(checker(document!.value)).not.toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('warning', listen)
    expect(warnings).toEqual([])
  })

  it('does not let a key reach the prototype', () => {
    for (const [name, text] of [
      ['a.yaml', '__proto__: {name: x}\n'],
      ['a.json', '{"__proto__": {"name": "x"}}'],
    ] as const) {
      const { document } = parseOperatorText(name, text)
      expect(checker(document!.value).map((fault) => fault.path)).toEqual(
        expect.arrayContaining([['__proto__'], ['name']]),
      )
    }
  })
})

describe('schema faults', () => {
  it.each([
    [
      'nam: x\nname: y\n',
      'a.yaml:1: nam: unknown key; did you mean "name"? (allowed: name, port, kind, share, list)',
    ],
    ['kind: red\n', 'a.yaml: name: is missing (allowed: 1 to 4 characters)'],
    ['name: abcde\n', 'a.yaml:1: name: has 5 characters (allowed: 1 to 4 characters)'],
    [
      'name: a\nkind: gren\n',
      'a.yaml:2: kind: "gren" is not allowed; did you mean "green"? (allowed: red, green)',
    ],
    [
      'name: a\nport: 1069012345\n',
      'a.yaml:2: port: must be text, is the number 1069012345: put it in quotes',
    ],
    [
      'name: a\nport: "10*69"\n',
      'a.yaml:2: port: "10*69" is not allowed (allowed: digits without country code',
    ],
    ['name: a\nshare: 1.5\n', 'a.yaml:2: share: 1.5 is out of range (allowed: at least 0, at most 1)'],
    ['name: a\nlist: []\n', 'a.yaml:2: list: is empty: list at least one'],
    ['name: a\nlist: [x, y, x]\n', 'a.yaml:2: list: "x" is listed twice: keep one'],
    ['name: a\nlist: x\n', 'a.yaml:2: list: must be a list, is "x"'],
    ['name:\n', 'a.yaml:1: name: has no value: must be text'],
    ['- name\n', 'a.yaml: must be a mapping of keys, is a list'],
  ])('%j', (yaml, expected) => {
    const faults = faultsOf(yaml)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(expected)
  })

  it('gives one fault a place and all places, in the order of lines', () => {
    expect(faultsOf('kind: 3\nname: 5\nshare: x\n').map((fault) => fault.split(':')[1])).toEqual([
      '1',
      '2',
      '3',
    ])
  })
})

describe('JSON lines', () => {
  it('gives values with their lines, skips blank ones and goes on after a bad one', () => {
    const file = write('a.jsonl', '\ufeff{"a":1}\n\n  \n{"a":}\n{"a":2}')
    const lines = [...readJsonLines(file)]
    expect(lines.map(({ line, value }) => [line, value])).toEqual([
      [1, { a: 1 }],
      [4, undefined],
      [5, { a: 2 }],
    ])
    expect(formatProblem(lines[1]!.problem!)).toMatch(/a\.jsonl:4: is not valid JSON: a value .* at column 6/)
  })

  it('reads lines and characters over the edge of a chunk', () => {
    const long = '京'.repeat(300_000)
    const file = write('long.jsonl', `${JSON.stringify({ long })}\n`.repeat(3))
    const lines = [...readJsonLines(file)]
    expect(lines.map(({ line, value }) => [line, (value as { long: string }).long === long])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ])
  })

  it('refuses a file without line breaks, and bytes that are no UTF-8', () => {
    const file = write('endless.jsonl', 'x'.repeat(5_000_000))
    expect([...readJsonLines(file)][0]?.problem?.message).toContain('one object per line')
    const latin = write('latin.jsonl', Buffer.from('{"a":"\xe9"}\n{"a":1}\n', 'latin1'))
    expect([...readJsonLines(latin)].map(({ line, problem }) => [line, problem?.message ?? ''])).toEqual([
      [1, expect.stringContaining('UTF-8')],
      [2, ''],
    ])
  })

  it('says that a file is missing', () => {
    expect([...readJsonLines(join(folder, 'none.jsonl'))][0]?.problem?.message).toBe(
      'the file does not exist',
    )
  })
})

describe('the JSON scanner', () => {
  it('agrees with JSON.parse on every text', () => {
    const text = fc.oneof(
      fc.json(),
      fc
        .tuple(fc.json(), fc.nat(), fc.constantFrom(',', '"', '}', ']', ':', '\\', '1', ' ', ''))
        .map(([json, at, sign]) => {
          const cut = at % (json.length + 1)
          return json.slice(0, cut) + sign + json.slice(cut + 1)
        }),
    )
    fc.assert(
      fc.property(text, (json) => {
        let valid = true
        try {
          JSON.parse(json)
        } catch {
          valid = false
        }
        const fault = jsonFault(json)
        // Keys given twice, and nesting that no file of ours has, are faults of the scanner alone.
        if (fault && /twice|deeper/.test(fault.message)) return
        expect(fault === undefined).toBe(valid)
      }),
      { numRuns: 2000 },
    )
  })

  it('finds the offset of a value', () => {
    const text = '{"a":{"b":[1,{"c":2}]},"b":3}'
    const tree = parseTree(text) as Node
    expect(text.slice(jsonOffset(tree, ['a', 'b', 1, 'c']))).toBe('"c":2}]},"b":3}')
    expect(text.slice(jsonOffset(tree, ['b']))).toBe('"b":3}')
    expect(text.slice(jsonOffset(tree, ['a', 'b', 7]))).toBe('"b":[1,{"c":2}]},"b":3}')
  })
})

describe('suggestions', () => {
  it.each([
    ['brokrs', 'brokers'],
    ['BROKERS', 'brokers'],
    ['rbokers', 'brokers'],
    ['zzz', undefined],
    ['', undefined],
  ])('%j is %j', (word, expected) => {
    expect(nearest(word, ['groupId', 'brokers', 'topics'])).toBe(expected)
  })
})

it('writes paths', () => {
  expect(formatPath(['signatures', 3, 'ports', 0])).toBe('signatures[3].ports[0]')
  expect(formatPath(['carriers', 'a b', 'codes'])).toBe('carriers["a b"].codes')
})
