import { expect, it } from 'vitest'
import { Refusals } from '../../../src/service/refusals.ts'

it('notes certificates that are refused, by service, until they are accepted', () => {
  const refusals = new Refusals()
  const reason = 'the file of key cannot be read'
  refusals.take({ name: 'certificates_refused', service: 'redis', reason: 'EACCES' })
  refusals.take({ name: 'certificates_refused', service: 'kafka', reason: 'EACCES' })
  refusals.take({ name: 'certificates_refused', service: 'redis', reason })
  refusals.take({ name: 'certificates_loaded', service: 'kafka' })
  expect(refusals.notes()).toEqual([
    `certificates of redis: the files on disk are refused and those in memory stay in use until a restart: ${reason}`,
  ])
  refusals.take({ name: 'certificates_loaded', service: 'redis' })
  expect(refusals.notes()).toEqual([])
})

it('notes token keys and settings that are not those of other instances, until they agree', () => {
  const refusals = new Refusals()
  refusals.take({ name: 'token_keys_conflict', keys: '1', count: 1 })
  refusals.take({ name: 'settings_conflict', settings: 'manual.approval', count: 1 })
  expect(refusals.notes()).toEqual([
    expect.stringContaining('another instance has another key under the id 1 (privacy.tokenKey'),
    'another instance has another manual.approval: give all the same and restart them',
  ])
  refusals.take({ name: 'token_keys_agree' })
  refusals.take({ name: 'settings_agree' })
  expect(refusals.notes()).toEqual([])
})
