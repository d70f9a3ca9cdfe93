import { expect, it } from 'vitest'
import { withoutMobiles, withoutSenders } from '../../../../src/analyst/archive/mobiles.ts'
import { messageAlertAt } from '../../../helpers/archive-records.ts'

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

it('masks the mobiles that evidence lists as ports wherever an alert names them', () => {
  const alert = messageAlertAt('m1', 0)
  const [reason] = alert.data.reasons
  const detail = 'Sent by 13900001234.'
  const reasons = [{ ...reason!, detail, evidence: { ports: ['13900001234', '10690200001'] } }]
  expect(withoutSenders({ ...alert, data: { ...alert.data, reasons } }).data.reasons).toEqual([
    { ...reason!, detail: 'Sent by 139****1234.', evidence: { ports: ['139****1234', '10690200001'] } },
  ])
})
