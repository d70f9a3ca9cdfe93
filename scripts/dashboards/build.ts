import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  type AnnotationQuery,
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
  type GridPos,
  type Panel,
  RowBuilder,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { uidOf } from './links.ts'
import { buildPanel } from './panels.ts'
import { dataquery, POSTGRES, PROMETHEUS } from './queries.ts'
import {
  type AnnotationSpec,
  type DashboardSpec,
  isSql,
  LANGUAGES,
  type Language,
  type Section,
  say,
} from './spec.ts'
import { buildVariable } from './variables.ts'

export const DASHBOARD_FOLDER = 'grafana/dashboards'
/** Of Grafana 12.1: a later Grafana brings it up to date when it reads it. */
const SCHEMA_VERSION = 41
const WIDTH = 24

/** Every file of the folder with its content. */
export function dashboardFiles(specs: readonly DashboardSpec[]): [path: string, content: string][] {
  return LANGUAGES.flatMap((language) =>
    specs.map((spec): [string, string] => [
      `${DASHBOARD_FOLDER}/${language}/${spec.name}.json`,
      `${JSON.stringify(buildDashboard(spec, language), undefined, 2)}\n`,
    ]),
  )
}

/** Writes the files, and removes those of dashboards that are no more. */
export function writeDashboards(specs: readonly DashboardSpec[]): void {
  const files = new Map(dashboardFiles(specs))
  for (const [path, content] of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  for (const name of readdirSync(DASHBOARD_FOLDER, { recursive: true, encoding: 'utf8' })) {
    const path = `${DASHBOARD_FOLDER}/${name}`
    if (name.endsWith('.json') && !files.has(path)) rmSync(path)
  }
}

export function buildDashboard(spec: DashboardSpec, language: Language): Dashboard {
  const built = new DashboardBuilder(say(spec.title, language))
    .uid(uidOf(spec.name, language))
    .description(say(spec.says, language))
    .tags(['sigwatch', language])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: spec.from, to: 'now' })
    .version(1)
    .variables(spec.variables.map((variable) => ({ build: () => buildVariable(variable, language) })))
    .annotations(spec.annotations.map((one) => ({ build: () => buildAnnotation(one, language) })))
    .links([{ build: () => otherDashboards(language) }])
    .build()
  if (spec.refresh !== undefined) built.refresh = spec.refresh
  return { ...built, schemaVersion: SCHEMA_VERSION, panels: laidOut(spec.sections, language) }
}

/** Panels from left to right, a section below the other. */
function laidOut(sections: readonly Section[], language: Language): (Panel | RowPanel)[] {
  const panels: (Panel | RowPanel)[] = []
  let y = 0
  for (const section of sections) {
    const title = say(section.title, language)
    panels.push(new RowBuilder(title).id(section.id).gridPos({ h: 1, w: WIDTH, x: 0, y }).build())
    y += 1
    let x = 0
    let height = 0
    for (const spec of section.panels) {
      const [w, h] = spec.size
      if (x + w > WIDTH) {
        y += height
        x = 0
        height = 0
      }
      const gridPos: GridPos = { h, w, x, y }
      panels.push({ ...buildPanel(spec, language), gridPos })
      x += w
      height = Math.max(height, h)
    }
    y += height
  }
  return panels
}

function buildAnnotation(spec: AnnotationSpec, language: Language): AnnotationQuery {
  const builder = new AnnotationQueryBuilder()
    .name(say(spec.name, language))
    .enable(true)
    .iconColor(spec.color)
    .datasource(isSql(spec.query) ? POSTGRES : PROMETHEUS)
  if (isSql(spec.query)) builder.target({ build: () => dataquery(spec.query, 'Anno', language) })
  else builder.expr(spec.query.expr)
  if (spec.titleFormat !== undefined) builder.titleFormat(spec.titleFormat)
  const { placement: _, ...annotation } = builder.build()
  return annotation
}

function otherDashboards(language: Language): DashboardLink {
  const { placement: _, ...link } = new DashboardLinkBuilder('sigwatch')
    .type(DashboardLinkType.Dashboards)
    .tags(['sigwatch', language])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)
    .build()
  return link
}
