import { expect, it } from 'vitest'
import {
  cutTo,
  graphRoom,
  legendHeight,
  markLines,
  markName,
} from '../../../../src/analyst/desk/browser/chart-room.ts'

/** Every sign is ten pixels wide. */
const measure = (text: string) => 10 * [...text].length
const mark = (from: number, to = from) => ({ name: 'Policy p1', from, to })

it('gives a legend as many lines as its names need', () => {
  expect(legendHeight(['notice', 'fraud'], 200, measure)).toBe(22)
  expect(legendHeight(['SIGNATURE_WRONG_PORT', 'SIGNATURE_UNFILED', 'FORGED_BRAND'], 300, measure)).toBe(66)
  expect(legendHeight([], 300, measure)).toBe(22)
})

it('writes the names of marks above the plot, each in a line, within its edges', () => {
  const place = { lines: 2, steps: 30, width: 600, measure }
  const names = [mark(0), mark(29), mark(28, 29)].map((one, n) => markName(one, n, place))
  expect(names).toEqual([
    { name: 'Policy p1', position: 'insideTopLeft', offset: [0, -28] },
    { name: 'Policy p1', position: 'insideTopRight', offset: [0, -14] },
    { name: 'Policy p1', position: 'insideTopRight', offset: [0, -28] },
  ])
  for (let at = 0; at < 30; at++) {
    const { name, position } = markName(mark(at), 0, { ...place, width: 120 })
    const room = 4 * (position === 'insideTopLeft' ? 30 - at : at + 1)
    expect(measure(name), String(at)).toBeLessThanOrEqual(room)
  }
  expect([0, 1, 9].map((n) => markLines(Array.from({ length: n }, () => mark(0))))).toEqual([0, 1, 3])
})

it('leaves room around a graph for its longest name, which it cuts', () => {
  expect(graphRoom(['京东', '10690200001'], 1000, measure)).toEqual({
    names: ['京东', '10690200001'],
    room: 132,
  })
  expect(graphRoom(['1069020000123'], 300, measure)).toEqual({ names: ['10690200…'], room: 112 })
  expect(cutTo(0, '京东', measure)).toBe('…')
  expect(cutTo(20, '😀😀😀', measure)).toBe('😀…')
})
