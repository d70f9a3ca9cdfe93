import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import type { Desk } from '../../../src/analyst/desk/server.ts'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { deskClient, startDeskOn } from '../../helpers/desk-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { describeWith } from '../../helpers/services.ts'

/** A stream as it is read: what came so far, and whether it ended. */
function reading(answer: Response) {
  const read = { text: '', isOver: false }
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const next = async (): Promise<void> => {
    const { done, value } = await reader.read()
    read.text += value ?? ''
    read.isOver = done
    if (!done) await next()
  }
  void next().catch(() => {
    read.isOver = true
  })
  return read
}

describeWith('postgres', 'live events of the desk', () => {
  let server: PostgresServer
  let archive: ArchiveReader
  let desk: Desk
  const client = deskClient(() => desk.port)
  const looks = async (who: string): Promise<number> => {
    const own = new pg.Client({ connectionString: server.url })
    await own.connect()
    const { rows } = await own.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM access_log WHERE what = 'overview' AND who = $1",
      [who],
    )
    await own.end()
    return rows[0]!.n
  }

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 60_000)]])
    archive = await ArchiveReader.open(server.url, 'test')
    desk = await startDeskOn(archive, {
      logins: ['lin', 'wu'].map((name) => ({
        name,
        token: `a-token-of-${name}-of-the-tests`,
        may: 'lead' as const,
      })),
    })
    for (const name of ['lin', 'wu']) await client.login(name, `a-token-of-${name}-of-the-tests`)
  })
  afterAll(async () => {
    await desk?.close()
    await archive?.close()
    server?.stop()
  })

  it('refuse strangers', async () => {
    const answer = await fetch(`http://127.0.0.1:${desk.port}/events`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toContain('text/html')
  })

  it('tell that something changed, but not what', async () => {
    const stream = reading(await client.get('lin', '/events'))
    await expect.poll(() => stream.text, { timeout: 15_000 }).toContain(': \n\n')
    expect(stream.text).not.toContain('changed')
    await seedArchive(server.url, [['alerts', messageAlertAt('m2', Date.now() - 30_000, 2)]], {
      topic: 'later',
    })
    await expect.poll(() => stream.text, { timeout: 15_000 }).toContain('event: changed\ndata: \n\n')
    expect(stream.text.replace(/retry: \d+|event: changed|data: |: |\n/g, '')).toBe('')
  })

  it('let a page ask for itself again without a look of its own, while it follows', async () => {
    const again = async (name: string) => {
      await client.get(name, '/overview', { 'x-live': '1' })
      return looks(name)
    }
    expect(await again('lin')).toBe(0)
    expect(await again('wu')).toBe(1)
  })

  it('are limited for a session, end with it, and leave the others', async () => {
    const other = reading(await client.get('wu', '/events'))
    const streams: ReturnType<typeof reading>[] = []
    for (let n = 0; n < 5; n++) streams.push(reading(await client.get('lin', '/events')))
    expect((await client.get('lin', '/events')).status).toBe(429)
    await client.post('lin', '/logout', {})
    await expect.poll(() => streams.every(({ isOver }) => isOver)).toBe(true)
    expect(streams[0]!.text).toContain('event: closed')
    expect(other.isOver).toBe(false)
    expect((await client.get('lin', '/events')).status).toBe(401)
  })

  describe('after the session has ended', () => {
    const send = (path: string, fields: Readonly<Record<string, string>>, site = 'same-origin') =>
      fetch(`http://127.0.0.1:${desk.port}${path}`, {
        method: 'POST',
        headers: { 'sec-fetch-site': site, cookie: 'sigwatch-desk=of-before-the-restart' },
        body: new URLSearchParams(fields),
        redirect: 'manual',
      })
    const KEY_OF_WU = `of-before.${Buffer.from('wu').toString('base64url')}`
    const nextOf = (page: string) =>
      /name="next" value="([^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const caseId = async () => (await archive.ask<{ id: string }>('SELECT id FROM review_case', []))[0]!.id

    it('says that nothing was written, and leads back to the page with what was typed', async () => {
      const path = `/queue/${await caseId()}`
      const comment = 'asked the bank <b>'
      const answer = await send(path, { act: 'comment', comment, key: KEY_OF_WU })
      const page = await answer.text()
      expect(answer.status).toBe(401)
      expect(page).toContain('was NOT written')
      expect(page).not.toContain('asked the bank')
      expect(nextOf(page)).toMatch(new RegExp(`^${path}\\?ended=&kept=`))
      const entered = await fetch(`http://127.0.0.1:${desk.port}/login`, {
        method: 'POST',
        body: new URLSearchParams({ token: 'a-token-of-wu-of-the-tests', next: nextOf(page) }),
        redirect: 'manual',
      })
      expect(entered.headers.get('location')).toBe(nextOf(page))
      await client.login('lin', 'a-token-of-lin-of-the-tests')
      expect(await client.see('lin', nextOf(page))).not.toContain('asked the bank')
      const back = await client.see('wu', nextOf(page))
      expect(back).toContain('nothing was written')
      expect(back).toContain('>asked the bank &lt;b&gt;</textarea>')
      expect(await client.see('wu', path)).not.toContain('asked the bank')
    })

    it('keeps nothing that another site sends', async () => {
      const answer = await send('/case/alert-m1', { verdict: 'confirmed', note: 'planted' }, 'cross-site')
      expect(nextOf(await answer.text())).toBe('/case/alert-m1?ended=')
    })

    it('leads back to the place in the list', async () => {
      const fields = { act: 'judge', verdict: 'confirmed', seen: '1 1', view: 'mine', skip: '50' }
      const next = nextOf(await (await send(`/queue/${await caseId()}`, fields)).text())
      expect(next).toBe('/queue?view=mine&skip=50&ended=')
      expect(await client.see('wu', next)).toContain('nothing was written')
    })

    it('keeps what is sent from a tab of an earlier session', async () => {
      const page = await (
        await fetch(`http://127.0.0.1:${desk.port}/case/alert-m1`, {
          method: 'POST',
          headers: { 'sec-fetch-site': 'same-origin', cookie: client.cookie('wu') },
          body: new URLSearchParams({ key: KEY_OF_WU, verdict: 'confirmed', note: 'a partner' }),
        })
      ).text()
      expect(page).toContain('nothing was written')
      const back = /href="(\/case\/alert-m1\?[^"]+)"/.exec(page)![1]!.replaceAll('&amp;', '&')
      expect(await client.see('wu', back)).toContain('>a partner</textarea>')
    })
  })
})
