import { afterAll, beforeAll, expect, it } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { messageAlertAt, stateAlertAt, verdictAt } from '../../helpers/archive-records.ts'
import { type SeedRecord, seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

const MINUTE = 60_000
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE
const sent = (ago: number, notice: number): SeedRecord => [
  'stats',
  { signature: '京东', port: '10690200001', sp: 'SP1', ts: NOW - ago * MINUTE, sent: { notice } },
]

/** End of a state that was raised while Redis did not answer. */
function clearedWithoutCounts() {
  const tipped = messageAlertAt('m2', NOW - 300 * MINUTE)
  const cleared = stateAlertAt(NOW - 2 * MINUTE, 2, tipped, 'sigwatch.alert.cleared')
  const { message: _, ...data } = cleared.data
  return { ...cleared, data: { ...data, degraded: true } }
}

const TIME = 'as 2026-11-11T08:30, in Beijing time'
const THINGS = ['brand/jd', 'signature/a', 'port/1069', 'domain/kf88.top', 'enterprise/SP1', 'campaign/c1']
/** Every parameter that an address has, with a value that is none, and what the page says of it. */
const BAD: readonly (readonly [address: string, says: string])[] = [
  ...['/', '/overview', '/access', '/access.csv', ...THINGS.map((one) => `/${one}`)].flatMap(
    (path) =>
      [
        [`${path}?from=yesterday`, TIME],
        [`${path}?to=2026-11-31T25:00`, TIME],
      ] as const,
  ),
  ...['/overview', '/access', '/domain/kf88.top'].map(
    (path) => [`${path}?from=${NOW}&to=${NOW - MINUTE}`, 'ends before it begins'] as const,
  ),
  ['/?field=colour&value=a', 'one of: message, token, signature'],
  ['/access?what=everything', 'one of: login, logout'],
  ['/access?skip=-1', 'as a whole number'],
  ['/complaints?month=2026-13', 'as 2026-11'],
  ['/complaints.csv?month=November', 'as 2026-11'],
  ['/complaints?view=none', 'one of: open, due, overdue, done'],
  ['/queue?view=all', 'one of: open, mine, due, waiting, done'],
  ['/queue?skip=many', 'as a whole number'],
  ['/queue/none?judge=guilty', 'one of: confirmed, false_positive'],
  ['/find/AAAAAAAAAAAAAAAAAAAAAA?key=first&after=a', 'Next page'],
  ['/case/alert-m1?csv=first', 'as a whole number'],
  ['/overview?csv=99', 'no such table'],
  ['/complaints?month=13812345678', '138****5678'],
]

describeWith('postgres', 'addresses of the desk', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let desk: Desk
  const user = deskClient(() => desk.port)

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [
      ['alerts', messageAlertAt('m1', NOW - 5 * MINUTE)],
      sent(10, 100),
      sent(7, 50),
      ['verdicts', verdictAt('m8', NOW - 9 * MINUTE, { degraded: true })],
      ['verdicts', verdictAt('m9', NOW - 8 * MINUTE, { degraded: true })],
      ['verdicts', verdictAt('m7', NOW - 7 * MINUTE)],
      ['alerts', clearedWithoutCounts()],
    ])
    archive = await ArchiveReader.open(server.url, 'test')
    desk = await startDeskOn(archive, {
      logins: [{ name: 'lin', token: 'a-token-of-lin', may: ['judge', 'audit'] }],
    })
    await user.login('lin', 'a-token-of-lin')
  })
  afterAll(async () => {
    await desk?.close()
    await archive?.close()
    server?.stop()
  })

  it.each(BAD)('with an invalid value say how to write it: %s', async (address, says) => {
    const answer = await user.get('lin', address)
    const page = await answer.text()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
    expect(page).toContain('<nav aria-label="Pages">')
    expect(page).toContain(says)
    expect(page).not.toContain('13812345678')
  })

  it.each(['/nothing', '/queue/none', '/case/none', '/letter/none.html', '/print/none', '/brand/', '/%ff'])(
    'of no page lead back: %s',
    async (address) => {
      const answer = await user.get('lin', address)
      expect(answer.status).toBe(404)
      expect(await answer.text()).toContain('<nav aria-label="Pages">')
    },
  )

  it.each(['/?from=&to=', '/access?who=&what=&skip=', '/complaints?month=&view=', '/overview?other=1'])(
    'may leave a value out: %s',
    async (address) => {
      expect((await user.get('lin', address)).status).toBe(200)
    },
  )

  it('show what was not counted as that, and say that sums are incomplete', async () => {
    const range = `?from=${NOW - 12 * MINUTE}&to=${NOW}`
    const page = await user.see('lin', `/overview${range}`)
    const [messages] = [...page.matchAll(/data-chart="([^"]+)"/g)].map(([, json]) =>
      JSON.parse(json!.replaceAll('&quot;', '"')),
    )
    expect(messages.series[0].data).toEqual([0, 0, 100, null, null, 50, 0, 0, 0, 0, 0, 0])
    expect(messages.marks).toEqual([{ name: 'not counted', from: 3, to: 4 }])
    expect(page.match(/<td class="n"[^>]*>not counted<\/td>/g)).toHaveLength(2)
    expect(page).toContain('in 2 minutes of this time and 0 of the time before')
    expect(page).toMatch(/Messages, 150 in total/)
    expect(await user.see('lin', `/port/10690200001${range}`)).toContain(
      'may be incomplete: Redis did not answer in some minutes',
    )
    const before = await user.see('lin', `/overview?from=${NOW - 3 * MINUTE}&to=${NOW}`)
    expect(before).not.toContain('not counted')
    expect(before).not.toContain('may be incomplete')
  })
})
