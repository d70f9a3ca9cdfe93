import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { masked } from '../../../scripts/dashboards/sql.ts'
import { DAILY } from '../../../src/analyst/archive/days.ts'
import { storeDeadlines } from '../../../src/analyst/archive/deadlines.ts'
import { ArchiveReader } from '../../../src/analyst/archive/reader.ts'
import { SHIPPED_MODEL } from '../../../src/detection/versions/assets.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { hash32 } from '../../../src/domain/hash32.ts'
import { wilson } from '../../../src/domain/wilson.ts'
import { createTelemetry, type Telemetry } from '../../../src/service/telemetry/events.ts'
import { loadArtifact } from '../../../src/text/reader/artifact.ts'
import { startDeskOn } from '../../helpers/desk-client.ts'
import {
  expandPromql,
  expandSql,
  type GrafanaContext,
  type GrafanaQuery,
  queriesTo,
  readDashboards,
} from '../../helpers/grafana.ts'
import { NUMBERS_OF_PERSONS, OTHER_SENDERS } from '../../helpers/masked-senders.ts'
import { OpenMetrics } from '../../helpers/openmetrics.ts'
import {
  archivePlanted,
  messagesOf,
  SAMPLE as PLANTED_SAMPLE,
  type PlantedWords,
} from '../../helpers/planted-archive.ts'
import { MINUTE, PERSON, type PlantedHours, plantHours } from '../../helpers/planted-hours.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { hasPrometheus, type Prometheus, startPrometheus } from '../../helpers/prometheus.ts'
import { describeWith } from '../../helpers/services.ts'
import { SAMPLE_EVENTS } from '../../helpers/telemetry-events.ts'

const dashboards = readDashboards('en')
const queries = queriesTo('postgres', dashboards)
const promql = queriesTo('prometheus', dashboards)
/** What the planted hours rightly have no answer to. */
const EMPTY = new Set([
  'complaints: annotation Spikes',
  // The hours before have no verdicts here.
  'quality: Drift of the decisions A',
  'compliance: Beyond the filed scope A',
  'sender: Declared a minute A',
  // Looks back a minute, and samples are a minute apart here; test/behaviour/prometheus.test.ts has an answer.
  'overview: annotation Loads',
])
const named = (list: readonly GrafanaQuery[]) =>
  list.map((query) => [`${query.dashboard}: ${query.where}`, query] as const)

type Row = Readonly<Record<string, unknown>>
const all = { raw: "'%'" }
const openedCard = () =>
  loadArtifact(SHIPPED_MODEL).card.scores.histogram as Record<string, readonly number[]>

describeWith('postgres', 'dashboards on planted hours', () => {
  const withPrometheus = hasPrometheus()
  let server: PostgresServer
  let prometheus: Prometheus | undefined
  let client: pg.Client
  let hours: PlantedHours
  let words: PlantedWords
  let messages: ReturnType<typeof messagesOf>

  const context = (variables: GrafanaContext['variables'] = {}): GrafanaContext => ({
    from: hours.from,
    to: hours.to,
    intervalMs: MINUTE,
    variables: { signature: '唯品会', brand: all, code: all, action: all, ...variables },
  })
  const answer = async (query: GrafanaQuery, variables?: GrafanaContext['variables']): Promise<Row[]> =>
    (await client.query(expandSql(query.text, context(variables)))).rows
  const panel = (dashboard: string, title: string, variables?: GrafanaContext['variables']) => {
    const found = queries.find((one) => one.dashboard === dashboard && one.panel?.title === title)
    if (!found) throw new Error(`${dashboard} has no ${title}`)
    return answer(found, variables)
  }

  beforeAll(async () => {
    server = await startPostgres()
    const metrics = new OpenMetrics()
    const planted = quiet()
    const busy = quiet()
    hours = await plantHours(planted.emit, async (ts) => {
      for (const event of SAMPLE_EVENTS) busy.emit(event)
      await metrics.scrape(planted.registry, 'planted:9464', ts)
      await metrics.scrape(busy.registry, 'busy:9464', ts)
    })
    await metrics.scrape(planted.registry, 'planted:9464', hours.to + MINUTE)
    await metrics.scrape(busy.registry, 'busy:9464', hours.to + MINUTE)
    words = await archivePlanted(server.url, hours)
    messages = messagesOf(hours.sent)
    client = new pg.Client({ connectionString: server.url })
    await client.connect()
    if (withPrometheus) prometheus = await startPrometheus([], { history: metrics.toString() })
  }, 300_000)
  afterAll(async () => {
    await client?.end()
    await prometheus?.close()
    server?.stop()
  })

  it.each(named(queries))(
    '%s: answers, with the columns that it names and no number of a person',
    async (name, query) => {
      const rows = await answer(query)
      if (EMPTY.has(name)) return
      expect(rows.length, 'rows').toBeGreaterThan(0)
      expect(
        rows.some((row) => Object.values(row).some((value) => value !== null && value !== '')),
        'values',
      ).toBe(true)
      const shown = JSON.stringify(rows)
      expect(shown.match(/(?<![\w.*])(?:86)?1[3-9]\d{9}(?!\d)/)).toBeNull()
      if (query.panel?.type !== 'table') return
      const columns = new Set(Object.keys(rows[0]!))
      const overridden = (query.panel.fieldConfig?.overrides ?? []).map(({ matcher }) => matcher.options)
      expect(
        [...columns].filter((column) => !overridden.includes(column)),
        'columns without a title',
      ).toEqual([])
      expect(
        overridden.filter((column) => !columns.has(column)),
        'titles without a column',
      ).toEqual([])
      const linked = [...JSON.stringify(query.panel).matchAll(/__data\.fields\.(\w+)/g)].map(
        ([, column]) => column!,
      )
      expect(
        linked.filter((column) => !columns.has(column)),
        'links of no column',
      ).toEqual([])
    },
  )

  it.each(named(promql))('%s', async (name, query) => {
    if (!prometheus || EMPTY.has(name)) return
    const expr = expandPromql(query.text, { rateInterval: '4m', range: '7200s' })
    expect(await prometheus.query(expr, hours.to + MINUTE)).not.toEqual([])
  })

  it('reads the days of the time alone, or looks up by an index', async () => {
    const day = 86_400_000
    for (const table of DAILY)
      for (const ago of [3, 30]) {
        const from = Math.floor(hours.from / day) * day - ago * day
        const [since, until] = [from, from + day].map((ms) => new Date(ms).toISOString())
        await client.query(
          `CREATE TABLE ${table}_far_${ago} PARTITION OF ${table} FOR VALUES FROM ('${since}') TO ('${until}')`,
        )
      }
    await client.query('SET enable_seqscan = off')
    const far: string[] = []
    for (const query of queries) {
      const { rows } = await client.query(`EXPLAIN ${expandSql(query.text, context())}`)
      const plan = rows.map((row) => String(row['QUERY PLAN']))
      far.push(
        ...plan
          .filter((line) => /Seq Scan on \w+_far_\d+/.test(line))
          .map((line) => `${query.dashboard}: ${query.where}:${line}`),
      )
    }
    await client.query('RESET enable_seqscan')
    expect(far).toEqual([])
  })

  it('counts forged messages by brand and domain as they were planted', async () => {
    const brands: Readonly<Record<string, string>> = { 京东: 'jd', 建设银行: 'ccb', 拼哆哆: 'pdd' }
    const domains = hours.planted.flatMap(({ event, target }) =>
      /forged-brand|lookalike-signature/.test(event) && target.kind === 'domain' ? [target.id] : [],
    )
    const expected = domains.map((domain) => {
      const own = messages.filter(({ whole }) => whole.includes(domain))
      const name = /【(.+?)】/.exec(own[0]!.whole)![1]!
      return {
        brand: brands[name],
        domain,
        messages: own.length,
        ports: new Set(own.map(({ from }) => from)).size,
      }
    })
    expect(expected.length).toBeGreaterThanOrEqual(3)
    const rows = await panel('forgeries', 'Domains by brand')
    const shown = rows.filter(({ domain }) => domains.includes(String(domain)))
    const byDomain = (a: Row, b: Row) => String(a.domain).localeCompare(String(b.domain))
    expect(
      shown.map(({ brand, domain, messages, ports }) => ({ brand, domain, messages, ports })).sort(byDomain),
    ).toEqual(expected.sort(byDomain))
    const [most] = await panel('forgeries', 'Which brand is forged most')
    expect(most).toMatchObject({ brand: 'jd', written: '京东' })
    const only = await panel('forgeries', 'Domains by brand', { brand: 'ccb' })
    expect(new Set(only.map(({ brand }) => brand))).toEqual(new Set(['ccb']))
  })

  it('masks the numbers to call back and a person who sends', async () => {
    const callbacks = await panel('forgeries', 'Numbers to call back')
    expect(callbacks).toContainEqual({ callback: '170****0001', brand: 'jd', messages: 6 })
    const ports = await panel('senders', 'Ports that send most')
    expect(JSON.stringify(ports)).not.toContain(PERSON)
    for (const [number, expected] of [...NUMBERS_OF_PERSONS, ...OTHER_SENDERS.map((one) => [one, one])]) {
      const { rows } = await client.query(`SELECT ${masked('n')} AS shown FROM (SELECT $1::text AS n) t`, [
        number,
      ])
      expect(rows[0].shown).toBe(expected)
    }
  })

  it('tells bursts from declared campaigns, with their rate and baseline', async () => {
    const bursts = hours.planted.filter(({ code, raise }) => code === 'MARKETING_BURST' && raise !== false)
    const rows = await panel('bursts', 'Who burst, and against what')
    expect(new Set(rows.map(({ signature }) => signature))).toEqual(
      new Set(bursts.map(({ target }) => target.id)),
    )
    for (const { target, from, to } of bursts) {
      const row = rows.find(({ signature }) => signature === target.id)!
      expect(Number(row.from)).toBeGreaterThan(from)
      expect(Number(row.from)).toBeLessThan(to)
      expect(Number(row.peak)).toBeGreaterThan(Number(row.limit))
      expect(Number(row.limit)).toBeGreaterThan(Number(row.usual))
      const allowed = hours.cast.find(({ signature }) => signature === target.id)?.campaigns?.[0]?.perMinute
      expect(row.declared).toBe(allowed ?? null)
    }
    const { signature: declared, perMinute } = hours.declared
    const answers = await Promise.all(
      ['唯品会', declared, '顺丰速运'].map(
        async (signature) => (await panel('sender', 'Burst or declared?', { signature }))[0]!.answer,
      ),
    )
    expect(answers).toEqual(['burst', 'declared', 'usual'])
    const [used] = (await panel('bursts', 'Declared campaigns and their use')).filter(
      ({ signature }) => signature === declared,
    )
    expect(Number(used!.declared)).toBe(perMinute)
    expect(Number(used!.used)).toBeLessThan(1)
  })

  it('shows the commercial rate of a sender as it was sent, minute by minute', async () => {
    const labels = new Map(hours.verdicts.map(({ id, label }) => [id, label]))
    const byMinute = new Map<number, number>()
    for (const { id, ts, whole } of messages) {
      if (!whole.startsWith('【唯品会】') || !['marketing', 'finance'].includes(labels.get(id)!)) continue
      const minute = Math.floor(ts / MINUTE) * 60
      byMinute.set(minute, (byMinute.get(minute) ?? 0) + 1)
    }
    const rows = await panel('sender', 'Rate against baseline and declaration')
    const shown = rows.flatMap(({ time, sent }) =>
      Number(sent) > 0 ? [[Number(time), Number(sent)] as const] : [],
    )
    expect(new Map(shown)).toEqual(byMinute)
    expect(Math.max(...byMinute.values())).toBeGreaterThan(300)
  })

  it('counts complaints a million by enterprise', async () => {
    const sent = new Map<string, number>()
    for (const { sp } of messages) if (sp) sent.set(sp, (sent.get(sp) ?? 0) + 1)
    const rows = await panel('complaints', 'Enterprises by complaints a million')
    for (const [{ sp }, count] of words.complaints) {
      const row = rows.find(({ enterprise }) => enterprise === sp)
      expect({ complaints: Number(row?.complaints), sent: Number(row?.sent) }).toEqual({
        complaints: count,
        sent: sent.get(sp),
      })
      expect(Number(row!.rate)).toBeCloseTo((count / sent.get(sp)!) * 1e6, 6)
    }
    const rates = words.complaints
      .map(([{ sp }, count]) => [sp, count / sent.get(sp)!] as const)
      .sort((a, b) => b[1] - a[1])
    expect(rows.filter(({ enterprise }) => enterprise !== '–')[0]!.enterprise).toBe(rates[0]![0])
    const [known] = await panel('complaints', 'Known before')
    const told = words.complaints.reduce((sum, [, count]) => sum + count, 0)
    expect(Number(known!.share)).toBeCloseTo(words.ofAlerts.length / (told + words.ofAlerts.length), 6)
  })

  it('has the deadlines of complaints as they were computed by the calendar, until they are answered', async () => {
    const shown = async (id: unknown) =>
      (await panel('complaints', 'Deadlines of complaints')).find(({ complaint }) => complaint === id)
    const [{ complaint: id }] = (await panel('complaints', 'Deadlines of complaints')) as [Row]
    expect(await shown(id)).toMatchObject({ name: null, ends: null })
    const endsAt = hours.to + 9 * 86_400_000
    try {
      await storeDeadlines(client, [
        { id: String(id), name: 'answered', days: 15, dueAt: endsAt - 2 * 86_400_000, endsAt },
      ])
      const row = await shown(id)
      expect([row!.name, row!.days, Number(row!.ends)]).toEqual(['answered', 15, endsAt])
      await client.query(
        "INSERT INTO complaint_case (id, ts, answered_at, bands) VALUES ($1, now(), now(), '{}')",
        [id],
      )
      expect(await shown(id)).toBeUndefined()
    } finally {
      await client.query('DELETE FROM complaint_case')
      await storeDeadlines(client, [])
    }
  })

  it('shows what the registry says of a sender', async () => {
    const filed = hours.cast.find(({ signature }) => signature === '唯品会')!
    expect(await panel('sender', 'What the registry says of it')).toMatchObject([
      { until: null, enterprise: filed.sp, status: 'filed', ports: expect.stringContaining('*') },
    ])
  })

  it('tells the precision of a code from feedback, with its interval', async () => {
    const rows = await panel('quality', 'Precision by reason code')
    const { confirmed, falsePositive } = words.judged
    const row = rows.find(({ code }) => code === 'FORGED_BRAND')!
    const { share, low, high } = wilson(confirmed, confirmed + falsePositive)!
    expect([Number(row.confirmed), Number(row.judged)]).toEqual([confirmed, confirmed + falsePositive])
    for (const [shown, expected] of [
      [row.precision, share],
      [row.low, low],
      [row.high, high],
    ])
      expect(Number(shown)).toBeCloseTo(Number(expected), 9)
  })

  it('sees that the labels are others than before', async () => {
    const [labels] = await panel('quality', 'Drift of the labels')
    expect(Number(labels!.psi)).toBeGreaterThan(0.25)
    const rows = await panel('quality', 'Labels of messages')
    const marketing = rows.find(({ label }) => label === 'marketing')!
    expect(Number(marketing.before)).toBe(0)
    const ids = new Map(hours.verdicts.map(({ id, label }) => [id, label]))
    const total = messages.filter(({ id }) => ids.has(id))
    const share = total.filter(({ id }) => ids.get(id) === 'marketing').length / total.length
    expect(Number(marketing.now)).toBeCloseTo(share, 2)
  })

  it('sees no drift of the decisions where thrice as many were decided alike before', async () => {
    const psi = async () => Number((await panel('quality', 'Drift of the decisions'))[0]!.psi ?? Number.NaN)
    expect(await psi()).toBeNaN()
    const earlier = `ts - interval '${hours.to - hours.from} ms'`
    await client.query('BEGIN')
    try {
      await client.query(`CREATE TEMP TABLE earlier ON COMMIT DROP AS SELECT * FROM verdict`)
      await client.query(`UPDATE earlier SET ts = ${earlier}`)
      const { rows } = await client.query(
        "SELECT DISTINCT (ts AT TIME ZONE 'UTC')::date::text AS day FROM earlier",
      )
      for (const { day } of rows)
        await client.query(
          `CREATE TABLE IF NOT EXISTS verdict_${day.replaceAll('-', '')} PARTITION OF verdict FOR VALUES FROM ('${day} 00:00Z') TO ('${day} 24:00Z')`,
        )
      for (let copy = 1; copy <= 3; copy++) {
        await client.query("UPDATE earlier SET id = id || '+'")
        await client.query('INSERT INTO verdict SELECT * FROM earlier')
      }
      expect(await psi()).toBeCloseTo(0, 6)
    } finally {
      await client.query('ROLLBACK')
    }
  })

  it('measures the scores of the model against its card, label by label', async () => {
    const rows = await panel('quality', 'Drift by label')
    const kept = hours.verdicts.filter(
      ({ id, label, action }) =>
        label === 'notice' && (action !== 'pass' || hash32(id) < PLANTED_SAMPLE * 2 ** 32),
    )
    const sumOf = (steps: readonly number[]) => steps.reduce((sum, n) => sum + n, 0)
    const more = 0.5 / Math.min(kept.length, sumOf(openedCard().notice!))
    const shares = (steps: readonly number[]) => steps.map((n) => (n / sumOf(steps) + more) / (1 + 10 * more))
    const steps = new Array<number>(10).fill(0)
    for (const { action, modelScore } of kept)
      steps[Math.min(9, Math.floor(modelScore! * 10))]! += action === 'pass' ? 1 / PLANTED_SAMPLE : 1
    const [p, q] = [shares(steps), shares(openedCard().notice!)]
    const psi = p.reduce((sum, x, i) => sum + (x - q[i]!) * Math.log(x / q[i]!), 0)
    const notice = rows.find(({ label }) => label === 'notice')!
    expect(Number(notice.against_card)).toBeCloseTo(psi, 9)
    expect(Number(notice.messages)).toBe(sumOf(steps))
    const chart = await panel('quality', 'Scores of the model')
    const sum = (column: string) => chart.reduce((all, row) => all + Number(row[column]), 0)
    expect(sum('now')).toBeCloseTo(1, 9)
    expect(sum('card')).toBeCloseTo(1, 9)
  })

  it('follows a release and what gateways did', async () => {
    const [row] = (await panel('cases', 'Released, and whether it stayed so')).filter(
      ({ verdict }) => verdict === 'release',
    )
    expect(row).toMatchObject({ target: 'signature:唯品会', by: 'lin', again: 0 })
    const [done] = await panel('cases', 'Actions of blocking services')
    expect(done).toMatchObject({ by: 'gateway-1', action: 'block', messages: words.enforced })
    expect(Number(done!.delay)).toBeCloseTo(1.5, 3)
  })

  it('sees that a burst that was released stayed released while it went on', async () => {
    const { stateId, ts, burst } = hours.released
    const events = hours.alerts.filter(
      ({ data }) => data.state?.id === stateId && Date.parse(data.validFrom) < burst.to,
    )
    expect(events.at(-1)).toMatchObject({
      type: 'sigwatch.alert.cleared',
      data: { state: { cause: 'feedback' } },
    })
    const rows = await panel('sender', 'Its states', { signature: '唯品会' })
    const [state] = rows.filter(({ code, from }) => code === 'MARKETING_BURST' && Number(from) < burst.to)
    expect(Math.abs(Number(state!.until) - ts)).toBeLessThan(2 * MINUTE)
    const rate = await panel('sender', 'Rate against baseline and declaration', { signature: '唯品会' })
    const after = rate.filter(
      ({ time }) => Number(time) * 1000 > ts + MINUTE && Number(time) * 1000 < burst.to - MINUTE,
    )
    expect(after.length).toBeGreaterThan(3)
    for (const { sent } of after) expect(Number(sent)).toBeGreaterThan(300)
  })

  it('leads from a panel to the desk, which answers there', async () => {
    const archive = await ArchiveReader.open(server.url, 'test')
    const token = 'a-token-of-the-analyst-of-the-tests'
    const desk = await startDeskOn(archive, {
      logins: [{ name: 'lin', token, may: 'read' }],
    })
    try {
      const address = `http://127.0.0.1:${desk.port}`
      const login = await fetch(`${address}/login`, {
        method: 'POST',
        body: new URLSearchParams({ token }),
        redirect: 'manual',
      })
      const cookie = login.headers.get('set-cookie')!.split(';')[0]!
      /** Follows the data link of a column for a row, as Grafana fills it in. */
      const follow = async (dashboard: string, title: string, column: string, row: Row, link = 0) => {
        const found = queries.find((one) => one.dashboard === dashboard && one.panel?.title === title)!.panel!
        const own = found.fieldConfig!.overrides.find(({ matcher }) => matcher.options === column)!
        const links = own.properties.find(({ id }) => id === 'links')!.value as { url: string }[]
        const href = links[link]!.url.replace(`\${desk:raw}`, address)
          .replace(`\${__from}`, String(hours.from))
          .replace(`\${__to}`, String(hours.to))
          .replace(/\$\{__data\.fields\.(\w+):percentencode\}/g, (_, name: string) =>
            encodeURIComponent(String(row[name])),
          )
        const page = await fetch(href, { headers: { cookie } })
        expect(page.status, href).toBe(200)
        return page.text()
      }
      const blocked = (await panel('cases', 'Newest alerts')).find(
        ({ action, codes }) => action === 'block' && String(codes).includes('FORGED_BRAND'),
      )!
      const alert = hours.alerts.find(({ id }) => id === blocked.id)!
      const page = await follow('cases', 'Newest alerts', 'id', blocked)
      for (const part of [
        'FORGED_BRAND',
        'Speaks for it',
        'block by gateway-1',
        alert.data.provenance.policy,
        'known since',
      ])
        expect(page).toContain(part)
      const [domain] = await panel('forgeries', 'Domains by brand')
      expect(await follow('forgeries', 'Domains by brand', 'domain', domain!)).toContain('FORGED_BRAND')
      const top = await panel('senders', 'Signatures that send most')
      const declared = await follow(
        'senders',
        'Signatures that send most',
        'signature',
        { signature: hours.declared.signature },
        1,
      )
      expect(declared).toContain(`${hours.declared.perMinute} a minute, seen from`)
      expect(await follow('senders', 'Signatures that send most', 'signature', top[0]!, 1)).toContain(
        'Busiest minute',
      )
      const [burst] = (await panel('bursts', 'Who burst, and against what')).filter(
        ({ signature }) => signature === '唯品会',
      )
      const state = await follow('bursts', 'Who burst, and against what', 'id', burst!)
      for (const part of ['MARKETING_BURST', 'release', 'declared late', 'cleared'])
        expect(state).toContain(part)
    } finally {
      await desk.close()
      await archive.close()
    }
  })

  it('shows a period for every state', async () => {
    const annotation = queries.find(
      ({ dashboard, where }) => dashboard === 'bursts' && where === 'annotation Bursts',
    )!
    const rows = await answer(annotation)
    const raised = (code: string) =>
      hours.alerts.filter(
        ({ type, data }: Alert) => data.state && type.endsWith('raised') && data.reasons[0]!.code === code,
      )
    expect(rows).toHaveLength(raised('MARKETING_BURST').length)
    for (const { time, timeend } of rows) expect(Number(timeend)).toBeGreaterThan(Number(time))
  })

  it('says by the metrics what the archive says', async () => {
    if (!prometheus) return
    const alerts = hours.alerts.filter(({ data }) => data.reasons.some(({ code }) => code === 'FORGED_BRAND'))
    const [counted] = await prometheus.query(
      'sum(sigwatch_alert_reasons_total{instance="planted:9464", code="FORGED_BRAND", mode="enforce"})',
      hours.to + MINUTE,
    )
    expect(Number(counted!.value[1])).toBe(alerts.length)
    const [scored] = await prometheus.query(
      'sum(sigwatch_messages_total{instance="planted:9464"})',
      hours.to + MINUTE,
    )
    const [archived] = await panel('senders', 'Messages')
    expect(Number(scored!.value[1])).toBe(Number(archived!.messages))
  })
})

function quiet(): Telemetry {
  return createTelemetry({ deployment: 'test', logLevel: 'fatal', stream: { write: () => true } })
}
