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
