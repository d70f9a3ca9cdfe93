import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../helpers/free-port.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Environment, type Service, startCommand } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

describeWith(['kafka', 'postgres'], 'SIGHUP to a command that reloads nothing', () => {
  const kafka = useKafka()
  const services: Service[] = []
  let server: PostgresServer
  let env: Environment

  beforeAll(async () => {
    server = await startPostgres()
    const topics = await createServiceTopics(plainClient(kafka.brokers), kafka.brokers)
    env = {
      ...topics.env,
      SIGWATCH_ARCHIVE_URL: server.url,
      SIGWATCH_DESK_PORT: String(await freePort()),
      SIGWATCH_DESK_TOKENS: JSON.stringify([
        { name: 'lin', token: 'a-token-of-the-analyst-of-the-tests', may: 'read' },
      ]),
      SIGWATCH_NOTIFY_ALERTMANAGERS: `http://127.0.0.1:${await freePort()}`,
    }
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill()))
    server?.stop()
  })

  it.each(['archive', 'desk', 'notify'])('says so, and %s goes on', async (command) => {
    const service = await startCommand([command], env)
    services.push(service)
    const said = (event: string) => service.log.some((line) => line.event === event)
    // The archive has migrated the tables by then, which the desk needs.
    await service.ready()
    service.child.kill('SIGHUP')
    await until(() => service.exited || said('nothing_reloaded'), 20_000)
    expect((await service.get('/healthz')).status).toBe(200)
    expect(await service.stop()).toBe(0)
    expect(service.log.at(-1)).toMatchObject({ event: 'stopped' })
  })
})
