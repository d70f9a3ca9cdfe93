import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTelemetry } from '../../src/service/telemetry/events.ts'
import { type HttpServer, startHttpServer } from '../../src/service/telemetry/server.ts'
import {
  dashboardQueries,
  hasPrometheus,
  type Prometheus,
  promtool,
  RULE_FILES,
  readRules,
  startPrometheus,
} from '../helpers/prometheus.ts'
import { SAMPLE_EVENTS } from '../helpers/telemetry-events.ts'

const TESTS = join(import.meta.dirname, '../../prometheus/tests')

describe.skipIf(!hasPrometheus())('prometheus', () => {
  it('accepts the configuration and the rules', () => {
    expect(promtool('check', 'config', 'prometheus/prometheus.yml')).toContain('SUCCESS')
    expect(promtool('check', 'rules', ...RULE_FILES)).toContain('SUCCESS')
  })

  it('raises the alerts in their cases and in no other', () => {
    for (const file of readdirSync(TESTS))
      expect(promtool('test', 'rules', join(TESTS, file)), file).toContain('SUCCESS')
  })

  it('finds nothing wrong with the exposition', async () => {
    const { emit, registry } = createTelemetry({ deployment: 'test', logLevel: 'fatal' })
    for (const event of SAMPLE_EVENTS) emit(event)
    const { execFileSync } = await import('node:child_process')
    // promtool lints names and help; it ends with 3 when it has something to say.
    const ours = (await registry.metrics())
      .split('\n\n')
      .filter((block) => block.includes('sigwatch_'))
      .join('\n')
    expect(execFileSync('promtool', ['check', 'metrics'], { input: `${ours}\n`, encoding: 'utf8' })).toBe('')
  })

  describe('on a running instance', () => {
    let server: HttpServer
    let prometheus: Prometheus
    let traffic: NodeJS.Timeout

    beforeAll(async () => {
      const { emit, registry } = createTelemetry({
        deployment: 'test',
        logLevel: 'fatal',
        stream: { write: () => true },
      })
      server = await startHttpServer({ host: '127.0.0.1', port: 0, registry, probes: [], version: '0' })
      const work = () => {
        for (const event of SAMPLE_EVENTS) emit(event)
      }
      work()
      traffic = setInterval(work, 100)
      prometheus = await startPrometheus([`127.0.0.1:${server.port}`])
      // Two scrapes make a rate, and the rules that read rates come after it.
      await prometheus.until('job:sigwatch_consumer_lag_seconds:estimate')
      await prometheus.until('count_over_time(sigwatch_build_info[1m]) > 3')
    })

    afterAll(async () => {
      clearInterval(traffic)
      await prometheus?.close()
      await server?.close()
    })

    it.each(dashboardQueries())('$where: $expr', async ({ expr }) => {
      expect(await prometheus.query(expr)).not.toEqual([])
    })

    it('evaluates every rule', async () => {
      const states = await prometheus.rules()
      expect(states.filter((rule) => rule.health !== 'ok')).toEqual([])
      expect(states).toHaveLength(readRules().length)
    })

    it.each(readRules().filter((rule) => rule.record !== undefined))(
      'records $record',
      async ({ record }) => {
        const samples = await prometheus.query(record!)
        expect(samples).not.toEqual([])
        for (const { value } of samples) expect(Number(value[1]), record).toBeGreaterThanOrEqual(0)
      },
    )
  })
})
