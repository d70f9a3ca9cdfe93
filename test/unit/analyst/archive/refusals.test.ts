import { describe, expect, it } from 'vitest'
import { databaseError } from '../../../../src/analyst/archive/database.ts'

const refusal = (code: string, message: string) => databaseError(Object.assign(new Error(message), { code }))

describe('what to do about a refusal of the database', () => {
  it.each([
    ['28P01', 'password authentication failed for user "sigwatch"', /user and password of archive\.url/],
    ['3D000', 'database "sigwatch" does not exist', /createdb/],
    ['42501', 'permission denied for table alert', /right that the message names/],
    ['42P01', 'relation "alert" does not exist', /tables are not those of this version.*sigwatch archive/],
    ['42703', 'column "grams" does not exist', /tables are not those of this version/],
    ['3F000', 'no schema has been selected to create in', /search_path/],
    ['22021', 'invalid byte sequence', /Do what the message says/],
  ])('is said by its cause: %s', (code, message, remedy) => {
    expect(refusal(code, message)).toMatchObject({
      code: 'ARCHIVE_REFUSED',
      message: `PostgreSQL: ${code}: ${message}`,
      remedy: expect.stringMatching(remedy),
    })
  })
})
