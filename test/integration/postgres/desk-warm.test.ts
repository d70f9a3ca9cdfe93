import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { DeskOptions } from '../../../src/analyst/desk/options.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const DAY = 86_400_000

describeWith('postgres', 'results that take long', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let desk: Desk
  const judged = vi.fn<DeskOptions['archive']['judged']>()
  const overview = vi.fn()
  let asking = 0
  let askingMost = 0
  const user = deskClient(() => desk.port)

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 60_000)]])
    archive = await ArchiveReader.open(server.url, 'test')
    judged.mockResolvedValueOnce([{ code: 'FORGED_BRAND', confirmed: 8, judged: 9 }])
    judged.mockReturnValue(new Promise(() => {}))
    const asked: ArchiveReader['ask'] = async (sql, values) => {
      askingMost = Math.max(askingMost, ++asking)
      return archive.ask<never>(sql, values).finally(() => asking--)
    }
    const counted = new Proxy(archive, {
      get: (of, name) => {
        if (name === 'overview') overview()
        if (name === 'ask') return asked
        const value: unknown = name === 'judged' ? judged : Reflect.get(of, name, of)
        return typeof value === 'function' ? value.bind(of) : value
      },
    })
    desk = await startDeskOn(counted, { logins: [{ name: 'lin', token: 'a-token-of-lin', may: 'read' }] })
  })
  afterAll(async () => {
    await desk?.close()
    await archive?.close()
    server?.stop()
  })

  it('computes the overview of the last day without a visitor, on few connections, and shows it to the first one', async () => {
    await vi.waitFor(() => expect(askingMost > 0 && asking === 0).toBe(true), 10_000)
    expect([overview.mock.calls.length, askingMost]).toEqual([1, 2])
    await user.login('lin', 'a-token-of-lin')
    expect(await user.see('lin', '/overview')).toContain('88.9%')
    expect(overview).toHaveBeenCalledTimes(1)
  })

  it('computes the precision of codes without a visitor, and once for all periods that end now', async () => {
    await vi.waitFor(() => expect(judged).toHaveBeenCalledTimes(1), 10_000)
    await user.login('lin', 'a-token-of-lin')
    const to = Date.now()
    for (const path of ['/overview', `/overview?from=${to - 7 * DAY}&to=${to}`])
      expect(await user.see('lin', path)).toContain('88.9%')
    expect(judged).toHaveBeenCalledTimes(1)
  })

  it('computes the overview of a period once for all who open it', async () => {
    overview.mockClear()
    const to = Date.now()
    const pages = await Promise.all(
      Array.from({ length: 5 }, () => user.see('lin', `/overview?from=${to - 3 * DAY}&to=${to}`)),
    )
    expect(new Set(pages).size).toBe(1)
    expect(overview).toHaveBeenCalledTimes(1)
  })
})
