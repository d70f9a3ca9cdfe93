import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchMavenJars } from './maven-jars.ts'

const POM = join(import.meta.dirname, 'maven/helm/pom.xml')
const SOURCE = join(import.meta.dirname, 'java/RenderChart.java')

/** Renders a chart to YAML; throws with the output of Helm if it does not lint or render. */
export function renderChart(chart: string, values: object = {}): string {
  const jars = fetchMavenJars(POM, 'helm-0.0.17', 'helm-java-0.0.17.jar')
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-values-'))
  try {
    const file = join(folder, 'values.yaml')
    writeFileSync(file, JSON.stringify(values))
    const { status, stdout, stderr, error } = spawnSync(
      'java',
      ['-cp', join(jars, '*'), SOURCE, chart, file],
      { encoding: 'utf8', maxBuffer: 1 << 26 },
    )
    if (status !== 0) throw new Error(`the chart does not render: ${error?.message ?? stderr}`)
    return stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}
