import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DASHBOARDS } from '../../../scripts/dashboards/all.ts'
import { DASHBOARD_FOLDER, dashboardFiles } from '../../../scripts/dashboards/build.ts'
import { masked } from '../../../scripts/dashboards/sql.ts'
import { type GrafanaDashboard, readDashboards } from '../../helpers/grafana.ts'
import { NUMBERS_OF_PERSONS, OTHER_SENDERS } from '../../helpers/masked-senders.ts'
import { readRules } from '../../helpers/prometheus.ts'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const files = dashboardFiles(DASHBOARDS)
const english = readDashboards('en')
const chinese = readDashboards('zh-CN')

describe('dashboards', () => {
  it.each(files)('%s is what npm run docs writes', (path, content) => {
    expect(read(path)).toBe(content)
  })

  it('has no other files', () => {
    const there = readdirSync(join(ROOT, DASHBOARD_FOLDER), { recursive: true, encoding: 'utf8' })
    expect(
      there
        .filter((path) => path.endsWith('.json'))
        .map((path) => `${DASHBOARD_FOLDER}/${path}`)
        .sort(),
    ).toEqual(files.map(([path]) => path).sort())
  })

  it.each([...english])(
    '%s is laid out without overlaps, and every panel is explained',
    (_name, { panels }) => {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
      const taken = new Set<string>()
      for (const { gridPos, title, type, description } of panels) {
        const { x, y, w, h } = gridPos
        expect(x + w).toBeLessThanOrEqual(24)
        for (let i = x; i < x + w; i++)
          for (let j = y; j < y + h; j++) {
            expect(taken.has(`${i}/${j}`), title).toBe(false)
            taken.add(`${i}/${j}`)
          }
        if (type !== 'row') expect(description?.length, title).toBeGreaterThan(10)
      }
    },
  )

  it.each([...english.keys()])('%s says the same in both languages, with the same queries', (name) => {
    const [here, there] = [english.get(name)!, chinese.get(name)!]
    const queries = ({ panels }: GrafanaDashboard) =>
      panels.flatMap(({ id, targets = [] }) => targets.map(({ rawSql, expr }) => [id, rawSql ?? expr]))
    expect(queries(there)).toEqual(queries(here))
    expect(there.uid).toBe(`${here.uid}-zh`)
    const isChinese = /\p{Script=Han}|^CPU$/u
    for (const { title, description = title } of [there, ...there.panels, ...there.panels]) {
      expect(title).toMatch(isChinese)
      expect(description).toMatch(isChinese)
    }
    for (const { title } of [here, ...here.panels]) expect(title).not.toMatch(/\p{Script=Han}/u)
  })

  it('divides by the minutes of a step what it shows as messages a minute', () => {
    const panels = [...english.values()].flatMap((one) => one.panels)
    const queries = panels
      .filter(
        ({ type, description = '' }) => type === 'timeseries' && /^Messages per minute/.test(description),
      )
      .flatMap(({ title, targets = [] }) => targets.map(({ rawSql = '' }) => [title, rawSql] as const))
    expect(queries.length).toBeGreaterThan(2)
    for (const [title, sql] of queries) {
      const shown = sql.slice(sql.indexOf('$__timeGroupAlias'))
      const sums = shown.match(/\bsum\(\w+\)/g)?.length
      expect(sums, title).toBeGreaterThan(0)
      expect(shown.match(/\bsum\(\w+\) \/ \(\$__interval_ms \/ 60000\.0\)/g)?.length, title).toBe(sums)
    }
  })

  it('links to dashboards of its language and to columns of the row', () => {
    for (const [dashboards, others] of [
      [english, chinese],
      [chinese, english],
    ] as const) {
      const uids = [...dashboards.values()].map(({ uid }) => uid)
      const text = JSON.stringify([...dashboards.values()])
      const linked = [...text.matchAll(/"\/d\/([\w-]+)\?/g)].map(([, uid]) => uid!)
      expect(linked.length).toBeGreaterThan(5)
      for (const uid of linked) expect(uids).toContain(uid)
      expect([...others.values()].map(({ uid }) => uid)).not.toContain(linked[0])
    }
  })

  it('is provisioned in both languages, and finds the archive', () => {
    const { providers } = parse(read('grafana/provisioning/dashboards/sigwatch.yaml'))
    const folders = providers.map(({ options }: { options: { path: string } }) =>
      options.path.split('/').at(-1),
    )
    expect(folders.sort()).toEqual(['en', 'zh-CN'])
    const [source] = parse(read('grafana/provisioning/datasources/archive.yaml')).datasources
    const chosen = english.get('senders')!.templating.list.find(({ name }) => name === 'archive') as {
      current?: { value: string }
      query?: string
    }
    expect(source.uid).toBe(chosen.current!.value)
    expect(source.type).toBe(chosen.query)
  })
})

describe('the mask of senders in queries', () => {
  // The pattern means the same to JavaScript and to PostgreSQL.
  const [, pattern, shown] = /'([^']+)', '([^']+)'/.exec(masked('port'))!
  const mask = (text: string) => text.replace(new RegExp(pattern!), shown!.replaceAll('\\', '$'))

  it.each(NUMBERS_OF_PERSONS)('hides %s', (number, expected) => {
    expect(mask(number)).toBe(expected)
  })

  it.each(OTHER_SENDERS)('shows %s', (sender) => {
    expect(mask(sender)).toBe(sender)
  })
})

describe('alert rules', () => {
  const headings = [...read('docs/operations.md').matchAll(/^### (Sigwatch\w+)$/gm)].map(([, name]) => name)

  it.each(readRules().flatMap((rule) => (rule.alert ? [[rule.alert, rule.annotations!] as const] : [])))(
    '%s leads to what to do and to a panel',
    (alert, { runbook, dashboard }) => {
      expect(headings).toContain(alert)
      expect(runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`)
      const [, uid, panel] = /^\/d\/([\w-]+)\?viewPanel=(\d+)$/.exec(dashboard ?? '') ?? []
      const shown = [...english.values()].find((one) => one.uid === uid)
      expect(shown?.panels.map(({ id }) => String(id))).toContain(panel)
    },
  )
})
