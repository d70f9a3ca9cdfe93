import { expect, it } from 'vitest'
import { databaseError } from '../../../../src/analyst/archive/database.ts'

it.each([
  ['25006', 'cannot execute INSERT in a read-only transaction', 'ARCHIVE_UNREACHABLE'],
  ['53300', 'sorry, too many clients already', 'ARCHIVE_UNREACHABLE'],
  ['53100', 'could not extend file: No space left on device', 'ARCHIVE_UNREACHABLE'],
  ['28P01', 'password authentication failed', 'ARCHIVE_REFUSED'],
  ['42501', 'permission denied for table alert', 'ARCHIVE_REFUSED'],
])('tells outages of PostgreSQL from what an operator must correct: %s', (code, message, expected) => {
  const error = databaseError(Object.assign(new Error(message), { code }))
  expect(error.code).toBe(expected)
  expect(error.message).toContain(message)
})
