import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig } from '../../../src/settings/config.ts'
import { SETTING_KEYS, variableOf } from '../../../src/settings/settings.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const read = (name: string) => readFileSync(join(root, 'deploy', name), 'utf8')
const VARIABLES = SETTING_KEYS.flatMap((key) => [variableOf(key), `${variableOf(key)}_FILE`])

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}
interface Container {
  readonly args: string[]
  readonly env: { readonly name: string; readonly value: string }[]
  readonly ports: { readonly name: string; readonly containerPort: number }[]
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly volumeMounts: { readonly name: string; readonly mountPath: string }[]
}
interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a form of its own
  readonly spec: any
}

describe('the manifests for Kubernetes', () => {
  const folder = useFolder()
  const documents = ['sigwatch', 'sigwatch-scaling'].flatMap((name) =>
    parseAllDocuments(read(`kubernetes/${name}.yaml`)),
  )
  const manifests = documents.map((document) => document.toJS() as Manifest)
  const of = (kind: string) => manifests.find((manifest) => manifest.kind === kind)!
  const pod = of('Deployment').spec.template
  const [container] = pod.spec.containers as [Container]
  const fileOf = (mount: string) =>
    container.volumeMounts.find(({ mountPath }) => mount.startsWith(`${mountPath}/`))

  it('are YAML without a fault, of the kinds and versions that clusters take', () => {
    for (const document of documents) expect(document.errors).toEqual([])
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'v1 ConfigMap',
      'apps/v1 Deployment',
      'policy/v1 PodDisruptionBudget',
      'networking.k8s.io/v1 NetworkPolicy',
      'keda.sh/v1alpha1 ScaledObject',
    ])
    for (const { metadata } of manifests) expect(metadata.name).toBe('sigwatch')
  })

  it('speak of the pods of the deployment', () => {
    const { labels } = pod.metadata
    const selectors = [
      of('Deployment').spec.selector,
      of('PodDisruptionBudget').spec.selector,
      of('NetworkPolicy').spec.podSelector,
    ]
    for (const { matchLabels } of selectors) expect(labels).toMatchObject(matchLabels)
    expect(of('ScaledObject').spec.scaleTargetRef.name).toBe(of('Deployment').metadata.name)
  })

  it('configure what the service knows, and mount what they name', () => {
    const file = folder.file('sigwatch.yaml')
    writeFileSync(file, of('ConfigMap').data!['sigwatch.yaml']!)
    const { config, problems } = readConfig({
      file,
      env: {
        SIGWATCH_PRIVACY_TOKEN_KEY: `1:${'k'.repeat(48)}`,
        SIGWATCH_REDIS_URL: 'redis://localhost:6379',
      },
    })
    expect(problems).toEqual([])
    expect(config.http.port).toBe(container.ports[0]!.containerPort)
    const [port] = of('NetworkPolicy').spec.ingress[0].ports
    expect(port.port).toBe(config.http.port)
    for (const { name } of container.env) expect(VARIABLES).toContain(name)
    const volumes = (pod.spec.volumes as { name: string }[]).map(({ name }) => name)
    for (const { name } of container.volumeMounts) expect(volumes).toContain(name)
    for (const path of [container.args[2]!, ...container.env.map(({ value }) => value)])
      expect(fileOf(path), path).toBeDefined()
  })

  it('scale by the group and the topic of that configuration, to no more than it has', () => {
    const file = folder.file('scaling.yaml')
    writeFileSync(file, of('ConfigMap').data!['sigwatch.yaml']!)
    const { config } = readConfig({ file, env: {}, serving: false })
    const [trigger] = of('ScaledObject').spec.triggers
    expect(trigger.metadata.consumerGroup).toBe(config.kafka.groupId)
    expect(trigger.metadata.topic).toBe(config.kafka.topics.messages[0]!.topic)
    expect(trigger.metadata.bootstrapServers).toBe(config.kafka.brokers!.join(','))
    expect(of('ScaledObject').spec.minReplicaCount).toBe(of('Deployment').spec.replicas)
  })

  it('ask for life at /healthz, and leave time to drain', () => {
    expect(container.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30)
  })
})

describe('the unit of systemd', () => {
  const folder = useFolder()
  const unit = read('systemd/sigwatch.service')
  const valuesOf = (key: string) =>
    unit.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []))

  it('sets what the service knows, and does not start again what is configured wrongly', () => {
    for (const setting of valuesOf('Environment')) expect(VARIABLES).toContain(setting.split('=')[0])
    expect(valuesOf('RestartPreventExitStatus')).toEqual(['2'])
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThanOrEqual(30)
    const started = valuesOf('ExecStart')[0]!.split(' ')
    expect(started.slice(1, 3)).toEqual([
      (parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: { sigwatch: string } }).bin.sigwatch,
      'run',
    ])
  })

  const verifies = existsSync('/usr/bin/systemd-analyze')
  it.runIf(verifies)('is accepted by systemd-analyze verify', () => {
    // What it names is looked for: a node and an unpacked sigwatch stand in.
    mkdirSync(folder.file('opt'))
    const here = unit
      .replace('/usr/bin/node', process.execPath)
      .replace('WorkingDirectory=/opt/sigwatch', `WorkingDirectory=${folder.file('opt')}`)
      .replaceAll('=sigwatch\n', '=root\n')
    writeFileSync(folder.file('sigwatch.service'), here)
    const { status, stdout, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', folder.file('sigwatch.service')],
      {
        encoding: 'utf8',
      },
    )
    expect(stdout + stderr).not.toMatch(/sigwatch\.service/)
    expect(status, stderr).toBe(0)
  })
})
