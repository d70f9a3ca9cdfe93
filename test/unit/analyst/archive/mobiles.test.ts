import { expect, it } from 'vitest'
import { shownTarget, withoutMobiles } from '../../../../src/analyst/archive/mobiles.ts'

it.each([
  ['port: 13800138000', 'port: 138****8000'],
  ['token: +86 138-0013-8000', 'token: 138****8000'],
  ['port: 8613800138000', 'port: 138****8000'],
  ['port: 1 3 8 0 0 1 3 8 0 0 0', 'port: 138****8000'],
  ['port: １３８００１３８０００', 'port: 138****8000'],
  ['signature: 13800138000的店', 'signature: 138****8000的店'],
  ['port: 10690200001', 'port: 10690200001'],
  ['port: 106902000013800138000', 'port: 106902000013800138000'],
  ['signature: （京东）', 'signature: （京东）'],
])('writes %s as %s', (text, shown) => {
  expect(withoutMobiles(text)).toBe(shown)
})

it('masks the mobile of a sender until something is asked for on its account', () => {
  expect(shownTarget('-@13900001234', 'observe')).toBe('-@139****1234')
  expect(shownTarget('-@13900001234', 'review')).toBe('-@13900001234')
  expect(shownTarget('京东@106900001111', 'observe')).toBe('京东@106900001111')
})
