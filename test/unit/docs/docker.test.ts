import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../../src/settings/config.ts'
import { SETTING_KEYS, variableOf } from '../../../src/settings/settings.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')

interface Service {
  readonly image?: string
  readonly build?: string
  readonly environment?: Record<string, string | number>
  readonly volumes?: string[]
  readonly depends_on?: string[] | Record<string, unknown>
  readonly configs?: { source: string; target: string }[]
}
interface Compose {
  readonly services: Record<string, Service>
  readonly volumes: Record<string, null>
  readonly configs: Record<string, { content: string }>
}

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml')) as Compose
  const services = Object.entries(compose.services)
  /** `${NAME:-default}` stands for the default. */
  const environmentOf = (name: string) =>
    Object.fromEntries(
      Object.entries(compose.services[name]!.environment ?? {}).map(([k, v]) => [
        k,
        String(v).replace(/^\$\{\w+:-(.*)\}$/, '$1'),
      ]),
    )

  it('mounts folders that are there and volumes that it declares', () => {
    const sources = services.flatMap(([, s]) => (s.volumes ?? []).map((v) => v.split(':')[0]!))
    expect(sources.length).toBeGreaterThan(5)
    for (const source of sources) {
      if (source.startsWith('.')) expect(existsSync(join(root, source)), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  })

  it('names only services and configurations that it has, and images with their version', () => {
    for (const [name, service] of services) {
      const { depends_on: needed = [] } = service
      for (const other of Array.isArray(needed) ? needed : Object.keys(needed)) {
        expect(Object.keys(compose.services), name).toContain(other)
      }
      for (const { source } of service.configs ?? []) expect(Object.keys(compose.configs)).toContain(source)
      if (service.image) expect(service.image).toMatch(/:v?\d/)
      else expect(service.build).toBe('.')
    }
  })

  it('scrapes as prometheus/prometheus.yml does, under the name of the service', () => {
    const here = parse(compose.configs.prometheus!.content)
    const there = parse(read('prometheus/prometheus.yml'))
    const [service, blocker] = here.scrape_configs
    expect(service.static_configs[0].targets).toEqual(['sigwatch:9464'])
    // On one machine it is a job that the operator switches on.
    expect([blocker.job_name, blocker.static_configs[0].targets]).toEqual([
      'sigwatch-blocker',
      ['blocker:9466'],
    ])
    there.scrape_configs[0].static_configs[0].targets = ['sigwatch:9464']
    expect({ ...here, scrape_configs: [service] }).toEqual(there)
  })

  it('puts the dashboards where their provisioning looks, and tells it where Prometheus is', () => {
    const grafana = compose.services.grafana!
    const { providers } = parse(read('grafana/provisioning/dashboards/sigwatch.yaml'))
    const mounted = grafana.volumes?.map((v) => v.split(':')[1]!) ?? []
    for (const { options } of providers) {
      const mount = mounted.find((path) => options.path.startsWith(`${path}/`))
      expect(
        existsSync(join(root, 'grafana/dashboards', options.path.slice(mount?.length))),
        options.path,
      ).toBe(true)
    }
    for (const file of ['prometheus', 'archive']) {
      const text = read(`grafana/provisioning/datasources/${file}.yaml`)
      const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
      expect(variables.length).toBeGreaterThan(0)
      for (const variable of variables) expect(Object.keys(grafana.environment ?? {})).toContain(variable)
    }
  })

  it('configures the service with settings that exist and hold', () => {
    const environment = compose.services.sigwatch!.environment ?? {}
    const known = new Set([...SETTING_KEYS.map(variableOf), 'KAFKA_BROKERS', 'REDIS_URL'])
    for (const name of Object.keys(environment)) expect(known).toContain(name)
    const { config, problems } = readConfig({ env: environmentOf('sigwatch'), folder: join(root, 'docs') })
    expect(problems).toEqual([])
    expect(config.kafka.brokers).toEqual(['kafka:9092'])
    expect(config.kafka.topics.blocks).toBe('sms.blocks')
    expect(config.kafka.createTopics).toBe(true)
    expect(config.privacy.tokenKey?.keyId).toBe('trial')
  })

  it.each(['archive', 'desk'])('configures %s with settings that exist and hold', (name) => {
    const env = environmentOf(name)
    const known = new Set([...SETTING_KEYS.map(variableOf), 'KAFKA_BROKERS'])
    for (const variable of Object.keys(env)) expect(known).toContain(variable)
    const { config, problems } = readConfig({ env, folder: join(root, 'docs'), serving: name === 'archive' })
    expect(problems).toEqual([])
    expect(config.archive.url?.reveal()).toBe('postgres://sigwatch:trial@postgres:5432/sigwatch')
    if (name === 'archive') {
      const { kafka } = readConfig({ env: environmentOf('sigwatch'), folder: join(root, 'docs') }).config
      expect(config.kafka.topics.stats).toBe(kafka.topics.stats)
      expect(config.kafka.topics.versions).toBe(kafka.topics.versions)
      expect(config.kafka.topics.verdicts).toBe(kafka.topics.verdicts)
      expect(config.kafka.topics.shadowAlerts).toBe(kafka.topics.shadowAlerts)
    }
  })
})

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n')
  const copied = lines
    .filter((l) => l.startsWith('COPY ') && !l.includes('--from'))
    .flatMap((l) => l.split(' ').slice(1, -1))

  it('copies what is there and what .dockerignore lets through', () => {
    const let_ = read('.dockerignore')
      .split('\n')
      .filter((l) => l.startsWith('!'))
      .map((l) => l.slice(1))
    expect(copied.length).toBeGreaterThan(5)
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true)
      expect(
        let_.some((l) => path === l || path.startsWith(`${l}/`)),
        path,
      ).toBe(true)
    }
  })

  it('starts what package.json names, and ships all that the package does', () => {
    const { bin, files } = JSON.parse(read('package.json')) as { bin: { sigwatch: string }; files: string[] }
    expect(read('Dockerfile')).toContain(`ENTRYPOINT ["node", "${bin.sigwatch}"]`)
    for (const path of files)
      expect(
        lines.some((l) => l.startsWith('COPY') && l.endsWith(` ${path}`)),
        path,
      ).toBe(true)
  })
})
