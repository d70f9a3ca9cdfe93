import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { limited } from '../../../../src/analyst/archive/database.ts'

/** A connection that fails the statement `SELECT`; what it was asked. */
function failing(error: Error): { client: pg.Client; asked: string[] } {
  const client = new pg.Client()
  const asked: string[] = []
  client.query = (async (sql: string) => {
    asked.push(sql.split(/[ ;]/)[0]!)
    if (sql === 'SELECT') throw error
  }) as unknown as typeof client.query
  return { client, asked }
}

describe('work within a limit', () => {
  it('does not ask a server for a rollback that has not answered', async () => {
    const { client, asked } = failing(new Error('Query read timeout'))
    const work = limited(client, 300, 'READ ONLY', () => client.query('SELECT'))
    await expect(work).rejects.toThrow('Query read timeout')
    expect(asked).toEqual(['BEGIN', 'SELECT'])
  })

  it('rolls back what the server refused', async () => {
    const { client, asked } = failing(Object.assign(new Error('canceling statement'), { code: '57014' }))
    const work = limited(client, 300, 'READ ONLY', () => client.query('SELECT'))
    await expect(work).rejects.toThrow('canceling statement')
    expect(asked).toEqual(['BEGIN', 'SELECT', 'ROLLBACK'])
  })
})
