import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../helpers/free-port.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Service, startCommand } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const SHIPPED = join(import.meta.dirname, '../../../deploy/alertmanager/alertmanager.yml')
const MINUTE = 60_000

interface Shown {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

describeWith(['kafka'], 'sigwatch notify and a real Alertmanager', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const processes: ChildProcess[] = []
  const services: Service[] = []
  let client: ReturnType<typeof plainClient>

  beforeAll(() => {
    client = plainClient(kafka.brokers)
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill()))
    for (const one of processes) one.kill('SIGKILL')
  })

  const alert = (type: 'raised' | 'cleared', revision: number) => {
    const now = Date.now()
    return JSON.stringify({
      id: `a-${revision}`,
      time: new Date(now).toISOString(),
      type: `sigwatch.alert.${type}`,
      data: {
        action: 'block',
        mode: 'enforce',
        severity: 'critical',
        reasons: [{ code: 'FORGED_BRAND', detail: 'Links to jd-refund.top.', evidence: { brand: 'jd' } }],
        target: { kind: 'domain', id: 'jd-refund.top' },
        state: { id: 's1', episode: now, revision },
        message: { signature: '京东', text: '请登录 http://jd-refund.top' },
        validFrom: new Date(now - MINUTE).toISOString(),
        expiresAt: new Date(now + 15 * MINUTE).toISOString(),
      },
    })
  }

  it('tell people what is open, and when it has ended', async () => {
    const received: { status: string; alerts: Shown[] }[] = []
    const webhook = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => {
        received.push(JSON.parse(body))
        response.end()
      })
    })
    const hookPort = await freePort()
    webhook.listen(hookPort, '127.0.0.1')
    // Redirects each post to an address that must not be used.
    const elsewhere = createServer((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${hookPort}/` }).end(),
    )
    const elsewherePort = await freePort()
    elsewhere.listen(elsewherePort, '127.0.0.1')

    const port = await freePort()
    writeFileSync(
      folder.file('alertmanager.yml'),
      JSON.stringify({
        route: {
          receiver: 'hook',
          group_by: ['alertname'],
          group_wait: '1s',
          group_interval: '1s',
          repeat_interval: '1h',
        },
        receivers: [
          { name: 'hook', webhook_configs: [{ url: `http://127.0.0.1:${hookPort}/`, send_resolved: true }] },
        ],
      }),
    )
    processes.push(
      spawn('prometheus-alertmanager', [
        `--config.file=${folder.file('alertmanager.yml')}`,
        `--storage.path=${folder.file('data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ]),
    )
    const base = `http://127.0.0.1:${port}`
    await until(async () => (await fetch(`${base}/-/ready`).catch(() => undefined))?.ok === true)

    const at = await createServiceTopics(client, kafka.brokers)
    // Before the start: it is read again.
    await client.produce(at.topics.alerts, ['no alert', alert('raised', 1)])
    const notifier = await startCommand(['notify'], {
      ...at.env,
      SIGWATCH_NOTIFY_ALERTMANAGERS: `${base},http://127.0.0.1:${elsewherePort}`,
      SIGWATCH_NOTIFY_RULES: '[{name: BrandForged, code: FORGED_BRAND, by: brand, more: 1, within: 1h}]',
    })
    services.push(notifier)
    await until(() => received.some(({ status }) => status === 'firing'), 60_000)
    const [shown] = received[0]!.alerts
    expect(shown!.labels).toMatchObject({
      alertname: 'FORGED_BRAND',
      target: 'jd-refund[.]top',
      verified: 'true',
    })
    expect(JSON.stringify(received)).not.toContain('jd-refund.top')
    await until(() => notifier.stderr.includes(`127.0.0.1:${elsewherePort}: answered 302`))

    // A second episode: the rule holds.
    await client.produce(at.topics.alerts, [alert('cleared', 2), alert('raised', 3)])
    await until(
      () => received.some(({ alerts }) => alerts.some(({ labels }) => labels.alertname === 'BrandForged')),
      60_000,
    )

    await client.produce(at.topics.alerts, [alert('cleared', 4)])
    await until(
      () =>
        received.some(
          ({ status, alerts }) => status === 'resolved' && alerts.some(({ labels }) => labels.state === 's1'),
        ),
      60_000,
    )
    expect((await notifier.get('/readyz')).status).toBe(200)
    expect(await notifier.metric('sigwatch_notify_unread_total')).toBe(1)
    expect(await notifier.stop()).toBe(0)
    webhook.close()
    elsewhere.close()
  }, 200_000)

  it('read the shipped configuration', () => {
    const checked = execFileSync('amtool', ['check-config', SHIPPED], { encoding: 'utf8' })
    expect(checked).toContain('SUCCESS')
  })
})
