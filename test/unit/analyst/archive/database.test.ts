import { type AddressInfo, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { databaseError, openClient } from '../../../../src/analyst/archive/database.ts'

it.each([
  ['25006', 'cannot execute INSERT in a read-only transaction', 'ARCHIVE_UNREACHABLE'],
  ['25P03', 'terminating connection due to idle-in-transaction timeout', 'ARCHIVE_UNREACHABLE'],
  ['53300', 'sorry, too many clients already', 'ARCHIVE_UNREACHABLE'],
  ['53100', 'could not extend file: No space left on device', 'ARCHIVE_UNREACHABLE'],
  ['28P01', 'password authentication failed', 'ARCHIVE_REFUSED'],
  ['42501', 'permission denied for table alert', 'ARCHIVE_REFUSED'],
])('tells outages of PostgreSQL from what an operator must correct: %s', (code, message, expected) => {
  const error = databaseError(Object.assign(new Error(message), { code }))
  expect(error.code).toBe(expected)
  expect(error.message).toContain(message)
})

it('says what to do where the server has no free connection', () => {
  const error = databaseError(Object.assign(new Error('sorry, too many clients already'), { code: '53300' }))
  expect(error.remedy).toContain('max_connections')
})

/** A FATAL response of PostgreSQL's protocol: type E, length, fields of one letter and a text. */
function fatal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(4 + fields.length, 1)
  return Buffer.concat([head, fields])
}

it('waits for a server that cannot open sessions because its disk is full', async () => {
  const server = createServer((socket) =>
    socket.once('data', () => socket.end(fatal('XX000', 'could not write init file'))),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await expect(openClient(`postgres://a:b@127.0.0.1:${port}/archive`, 'test')).rejects.toMatchObject({
    code: 'ARCHIVE_UNREACHABLE',
    message: 'PostgreSQL: XX000: could not write init file',
  })
  server.close()
})
