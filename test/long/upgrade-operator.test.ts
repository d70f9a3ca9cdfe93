import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { post } from '../helpers/blocking-play.ts'
import { freePort } from '../helpers/free-port.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { checkedAlert, checkedBlock } from '../helpers/schema.ts'
import { type Service, startCommand, startService } from '../helpers/service.ts'
import { follow } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { ShiftedClock } from '../helpers/shifted-clock.ts'
import {
  ANN,
  BEN,
  GATEWAY,
  type Kind,
  makeOperatedTopics,
  OPERATED,
  type OperatedLeft,
  ORDERED,
  operated,
  recordOf,
  TEXTS,
  topicOf,
  write,
} from '../upgrade/operator.ts'
import { readLeft, writeKeys } from '../upgrade/stored.ts'

const FOLDER = join(import.meta.dirname, '../upgrade/operated')

/** The code that a text gets from its rule, template or refusal, and the texts whose tenant or exemption lifts it from their alert. */
const CODES: Readonly<Partial<Record<Kind, string>>> = {
  ...{ loan: 'OP_LOAN_ADS', loanInGd: 'OP_LOAN_ADS', loanInSh: 'OP_LOAN_ADS', loanExempt: 'OP_LOAN_ADS' },
  ...{ parcel: 'OP_PARCEL', parcelInSh: 'OP_PARCEL', copy: 'KNOWN_TEMPLATE' },
  ...{ refusedByRow: 'AFTER_OPT_OUT', refusedByReply: 'AFTER_OPT_OUT' },
}
const LIFTED: readonly Kind[] = ['loanInSh', 'loanExempt', 'parcelInSh']
/** Those that raise nothing however often they come. */
const STEADY = (Object.keys(TEXTS) as Kind[]).filter((kind) => !kind.startsWith('refused'))

for (const name of readdirSync(FOLDER)) {
  describeWith(
    ['kafka', 'redis', 'shiftedClock'],
    `rules, tenants, templates and manual blocks of a version before, ${name}`,
    () => {
      const kafka = useKafka()
      const left: OperatedLeft = readLeft(join(FOLDER, name))
      let clock: ShiftedClock
      let redis: RedisServer
      let client: ReturnType<typeof plainClient>
      let service: Service
      let blocker: Service
      let blockerAt: string
      let followed: Record<'alerts' | 'verdicts' | 'blocks' | 'templates', Awaited<ReturnType<typeof follow>>>
      let env: Readonly<Record<string, string>>
      /** The clock of the servers: orders are of a day. */
      const now = () => Date.now() - shift
      const shift = Date.now() - left.at

      const send = async (run: string, kinds = Object.keys(TEXTS) as Kind[]) => {
        const rows = kinds.map((kind) => [kind, recordOf(run, kind, TEXTS[kind], now())] as const)
        await write(
          client,
          'messages',
          rows.map(([, row]) => row),
        )
        const verdictOf = (id: string) => followed.verdicts.values<Verdict>().find((one) => one.id === id)
        await until(() => rows.every(([, { id }]) => verdictOf(id)), 60_000)
        return Object.fromEntries(rows.map(([kind, { id }]) => [kind, verdictOf(id)!])) as Record<
          Kind,
          Verdict
        >
      }
      const call = async (method: string, path: string, token: string, body?: object) => {
        const response = await fetch(`${service.http}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}` },
          ...(body ? { body: JSON.stringify(body) } : {}),
        })
        return { status: response.status, body: (await response.json()) as Record<string, unknown> }
      }
      const answerOf = async (kind: Kind) => {
        const asked = { id: `asked-${kind}`, to: '13800005678', ...TEXTS[kind] }
        const { body } = await post(blockerAt, asked, { token: GATEWAY })
        return (body as { action: string }).action
      }
      const alertsAfter = () =>
        followed.alerts
          .values<Alert>()
          .slice(left.topics.alerts!.length)
          .map((alert) => checkedAlert(alert))
      const rowOf = (state: string) =>
        followed.blocks.records.findLast(({ key }) => key === state)?.value?.toString() ?? null

      beforeAll(async () => {
        clock = new ShiftedClock(-shift)
        redis = await startOwnRedis(undefined, clock.env)
        client = plainClient(kafka.brokers)
        await makeOperatedTopics(client)
        for (const [use, rows] of Object.entries(left.topics)) await write(client, use, rows)
        const admin = client.kafka.admin()
        await admin.connect()
        const partitions = [{ partition: 0, offset: String(left.committed) }]
        await admin.setOffsets({ groupId: OPERATED, topic: topicOf('messages'), partitions })
        await admin.disconnect()
        const plain = new Redis(redis.url)
        await writeKeys(plain, left, { clusterId: await client.clusterId() })
        plain.disconnect()
        env = { ...operated(kafka.brokers, redis.url), ...clock.env }
        blockerAt = `127.0.0.1:${await freePort()}`
        followed = Object.fromEntries(
          await Promise.all(
            ['alerts', 'verdicts', 'blocks', 'templates'].map(
              async (use) => [use, await follow(client, topicOf(use))] as const,
            ),
          ),
        ) as typeof followed
        service = await (await startService(env)).ready()
        blocker = await (
          await startCommand(['blocker'], { ...env, SIGWATCH_BLOCKER_LISTEN: blockerAt })
        ).ready()
      }, 240_000)
      afterAll(async () => {
        await Promise.all(Object.values(followed ?? {}).map((topic) => topic.stop()))
        await Promise.all([service?.kill(), blocker?.kill()])
        await redis?.stop()
        clock?.remove()
      })

      it('keeps rules, tenants, templates, orders, releases, exemptions and refusals in force', async () => {
        const before = new Map(
          left.topics.verdicts!.map(({ value }) => {
            const verdict = JSON.parse(value!) as Verdict
            return [verdict.id.split('-')[1], verdict]
          }),
        )
        const verdicts = await send('after')
        const messageAlert = (id: string) =>
          alertsAfter().find(({ data }) => data.target.id === id && data.mode === 'enforce')
        for (const [kind, { id, action, reasons, states, tenant }] of Object.entries(verdicts)) {
          const known = before.get(kind)!
          expect([action, states.toSorted(), tenant], kind).toEqual([
            ...[known.action, known.states.toSorted(), known.tenant],
          ])
          const code = CODES[kind as Kind]
          if (code === undefined) continue
          expect(reasons, kind).toContain(code)
          await until(() => messageAlert(id) !== undefined, 20_000)
          const codes = messageAlert(id)!.data.reasons.map((reason) => String(reason.code))
          expect(codes.includes(code), kind).toBe(!LIFTED.includes(kind as Kind))
        }
        expect(verdicts.approved.states).toEqual([left.states.approved])
      })

      it('answers gateways by the rows that were left', async () => {
        await until(async () => (await answerOf('approved')) === 'block', 20_000)
        expect(await answerOf('parcel')).toBe('block')
        expect(await answerOf('waiting')).toBe('pass')
      })

      it('raises no state that is open or released, and ends none', async () => {
        for (let n = 0; n < 3; n++) await send(`again${n}`, STEADY)
        const changes = alertsAfter().filter(
          ({ type, data }) => data.state && type !== 'sigwatch.alert.updated',
        )
        expect(changes.map(({ type, subject }) => `${type} ${subject}`)).toEqual([])
        expect(rowOf(left.states.released)).toBeNull()
        checkedBlock(JSON.parse(rowOf(left.states.approved)!))
      })

      it('lists the orders, and puts the waiting one in force when a second person approves it', async () => {
        const { body } = await call('GET', '/v1/blocks', BEN)
        const listed = (body.blocks as { id: string; pending?: boolean }[]).map(
          ({ id, pending = false }) => ({
            id,
            pending,
          }),
        )
        expect(listed).toHaveLength(2)
        expect(listed).toContainEqual({ id: left.states.approved, pending: false })
        expect(listed).toContainEqual({ id: left.states.waiting, pending: true })
        const approval = `/v1/blocks/${left.states.waiting}/approve`
        expect((await call('POST', approval, ANN)).status).toBe(403)
        expect((await call('POST', approval, BEN)).status).toBe(200)
        await until(() => rowOf(left.states.waiting) !== null, 20_000)
        await until(async () => (await answerOf('waiting')) === 'block', 20_000)
        expect((await send('approved', ['waiting'])).waiting.action).toBe('block')
      })

      it('keeps what was taught in the topic of templates', () => {
        const rows = followed.templates.records.map(
          ({ key, value }) => [key, value && String(value)] as const,
        )
        const [[, row]] = [...new Map(rows)] as [[string, string]]
        expect(JSON.parse(row)).toMatchObject({
          label: 'fraud',
          confirmations: [{ by: 'ann' }, { by: 'ben' }],
        })
      })

      it('reads its files and orders again at the next start, and changes nothing', async () => {
        expect(await service.stop()).toBe(0)
        service = await (await startService(env)).ready()
        expect((await send('restarted', ['approved'])).approved.action).toBe('block')
        expect(rowOf(left.states.approved)).toContain(ORDERED.approved)
      })
    },
  )
}
