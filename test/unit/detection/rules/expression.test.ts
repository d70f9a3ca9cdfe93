import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Expression,
  ExpressionError,
  parseExpression,
  signsIn,
} from '../../../../src/detection/rules/expression.ts'

const sign = (name: string) => expect.objectContaining({ kind: 'sign', name })

describe('parseExpression', () => {
  it('lets ! bind closer than &, and & closer than |', () => {
    expect(parseExpression('a & !b | c')).toEqual({
      kind: 'any',
      of: [{ kind: 'all', of: [sign('a'), { kind: 'not', of: sign('b') }] }, sign('c')],
    })
    expect(parseExpression('a & (b | c)')).toEqual({
      kind: 'all',
      of: [sign('a'), { kind: 'any', of: [sign('b'), sign('c')] }],
    })
  })

  it('reads signs with a kind, and places', () => {
    expect(parseExpression('sender:mobile & near(words:call, number, 24) & before(a, b)')).toEqual({
      kind: 'all',
      of: [
        sign('sender:mobile'),
        {
          kind: 'near',
          first: { name: 'words:call', at: 21 },
          second: { name: 'number', at: 33 },
          within: 24,
        },
        { kind: 'before', first: { name: 'a', at: 54 }, second: { name: 'b', at: 57 } },
      ],
    })
    expect(signsIn(parseExpression('text:90-98% & !near(a, b, 3)')).map(({ name }) => name)).toEqual([
      'text:90-98%',
      'a',
      'b',
    ])
  })

  it.each([
    ['', 0, 'the expression ends'],
    ['a &', 3, 'the expression ends'],
    ['a b', 2, '"b" does not belong here'],
    ['(a', 2, 'expected ")"'],
    ['a)', 1, '")" does not belong here'],
    ['near(a, b)', 9, 'expected ","'],
    ['near(a, b, 999)', 11, 'a number up to 200'],
    ['a = b', 2, 'unexpected character "="'],
    ['a & “冻结”', 4, 'unexpected character "“"'],
    [`${'('.repeat(40)}a${')'.repeat(40)}`, 32, 'nested deeper'],
    [`${'!'.repeat(40)}a`, 32, 'nested deeper'],
  ])('says what is wrong with %j and where', (source, at, message) => {
    let error: unknown
    try {
      parseExpression(source)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ExpressionError)
    expect((error as ExpressionError).at).toBe(at)
    expect((error as ExpressionError).message).toContain(message)
  })

  it('reads back what it is made of', () => {
    const name = fc.constantFrom('a', 'b:c', 'words:shares-bill', 'text:90-98%')
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        name,
        tie('tree').map((of) => `!(${of})`),
        fc
          .tuple(tie('tree'), fc.constantFrom('&', '|'), tie('tree'))
          .map(([a, mark, b]) => `(${a}) ${mark} (${b})`),
        fc.tuple(name, name, fc.nat(200)).map(([a, b, n]) => `near(${a}, ${b}, ${n})`),
      ),
    }))
    fc.assert(
      fc.property(tree, (source) => {
        const once = written(parseExpression(source))
        expect(written(parseExpression(once))).toBe(once)
      }),
    )
  })
})

function written(expression: Expression): string {
  switch (expression.kind) {
    case 'sign':
      return expression.name
    case 'not':
      return `!(${written(expression.of)})`
    case 'all':
      return expression.of.map((of) => `(${written(of)})`).join(' & ')
    case 'any':
      return expression.of.map((of) => `(${written(of)})`).join(' | ')
    case 'near':
      return `near(${expression.first.name}, ${expression.second.name}, ${expression.within})`
    case 'before':
      return `before(${expression.first.name}, ${expression.second.name})`
  }
}
