import { expect, it } from 'vitest'
import { decoded, searchOf, timeOf } from '../../../../src/analyst/desk/requests.ts'
import { startDesk } from '../../../../src/analyst/desk/server.ts'

it('takes no time that no record has: the archive refuses what PostgreSQL does not know', () => {
  expect(timeOf('2026-11-11T12:00')).toBe(Date.UTC(2026, 10, 11, 4))
  expect(timeOf('2026-11-11T12:00:15')).toBe(Date.UTC(2026, 10, 11, 4, 0, 15))
  expect(timeOf('1794369600000')).toBe(1_794_369_600_000)
  for (const text of [
    '-271821-04-21T00:00',
    '+275760-09-13T00:00',
    '9999999999999',
    '0000000000001',
    'x',
    '',
  ])
    expect(timeOf(text)).toBeUndefined()
})

it('asks the archive for no text with NUL, which it cannot have', () => {
  expect(searchOf(new URLSearchParams('field=message&value=%00m1%00'), 0).value).toBe('m1')
  expect(decoded('a%2Fb')).toBe('a/b')
  expect(decoded('a%00')).toBeUndefined()
  expect(decoded('%')).toBeUndefined()
})

it('has no page at an invalid address', async () => {
  const desk = await startDesk({
    ...{ host: '127.0.0.1', port: 0, logins: [], locale: 'en', isTrustedProxy: () => false, emit: () => {} },
    // Nobody is logged in, so nothing is asked of it.
    archive: {} as Parameters<typeof startDesk>[0]['archive'],
  })
  const { status } = await fetch(`http://127.0.0.1:${desk.port}///`)
  expect(status).toBe(404)
  await desk.close()
})
