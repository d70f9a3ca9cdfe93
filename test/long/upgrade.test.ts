import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { createTokeniser } from '../../src/domain/token.ts'
import { readJsonl, useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { type Service, sigwatch, startService, TOKEN_KEY } from '../helpers/service.ts'
import { follow } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { DEPLOYMENT, environmentOf, makeTopics, send, TOPICS } from '../upgrade/deployment.ts'
import { type Left, readLeft, writeKeys } from '../upgrade/stored.ts'
import {
  CONSENTS,
  digestOf,
  FORGERIES,
  HANDOVER,
  LATER_BURST,
  OPEN_BURST,
  PEOPLE,
  REPLIES,
  RISING_BURST,
  release,
  type Sms,
  SUBLET,
  traffic,
} from '../upgrade/traffic.ts'

const FOLDER = join(import.meta.dirname, '../upgrade')
const ISO_HANDOVER = new Date(HANDOVER).toISOString()

const tokenOf = createTokeniser({ keyId: '1', key: TOKEN_KEY })

/**
 * What raises and clears states after the handover, by what orders them. Updates follow the clock as well, and on a
 * backlog so does whether a state ends by silence or because nothing renewed it.
 */
function changesOf(alerts: readonly Alert[]) {
  const seen = new Set<string>()
  return alerts
    .filter(({ id, type, data, time }) => {
      if (!data.state || type === 'sigwatch.alert.updated' || time < ISO_HANDOVER || seen.has(id))
        return false
      return seen.add(id)
    })
    .map(({ type, subject, data: { reasons, action, state } }) =>
      [
        ...[type.split('.').at(-1), subject, reasons[0]!.code, action, state!.episode],
        state!.cause === 'expired' ? 'ended' : state!.cause,
      ].join(' '),
    )
    .sort()
}
/** What was found on the message alone; states that match it are open a moment longer on a backlog. */
const findingsOf = ({ id, reasons, degraded, partial }: Verdict) => ({ id, reasons, degraded, partial })
const byId = <T extends { readonly id: string }>(rows: readonly T[]) =>
  new Map(rows.map((row) => [row.id, row]))

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.json.gz'))) {
  describeWith(['kafka', 'redis'], `what a version before left, ${name}`, () => {
    const kafka = useKafka()
    const folder = useFolder()
    const left: Left = readLeft(join(FOLDER, name))
    const records: readonly Sms[] = traffic()
    let redis: RedisServer
    let service: Service
    let followed: Awaited<ReturnType<typeof follow>>[] = []
    let alerts: Alert[] = []
    let verdicts: Verdict[] = []
    let blocks: Map<string | null, string | null>
    const before = () => left.alerts.map((value) => JSON.parse(value) as Alert)

    beforeAll(async () => {
      redis = await startOwnRedis()
      const client = plainClient(kafka.brokers)
      await makeTopics(client)
      await send(client, records)
      await client.produce(
        TOPICS.blocks,
        left.blocks.map(([, value]) => value),
        { keys: left.blocks.map(([key]) => key) },
      )
      const portRaised = before().find(({ subject }) => subject === `port:${SUBLET.released}`)!
      await client.produce(TOPICS.feedback, [JSON.stringify(release(portRaised.data.state!.id))])
      const admin = client.kafka.admin()
      await admin.connect()
      await admin.setOffsets({
        groupId: DEPLOYMENT,
        topic: TOPICS.messages,
        partitions: [{ partition: 0, offset: String(left.committed) }],
      })
      await admin.disconnect()
      const plain = new Redis(redis.url)
      await writeKeys(plain, left, { clusterId: await client.clusterId() })
      plain.disconnect()

      service = await startService(environmentOf(kafka.brokers, redis.url))
      await service.ready()
      followed = await Promise.all([TOPICS.alerts, TOPICS.verdicts].map((topic) => follow(client, topic)))
      await followed[1]!.count(records.length - left.committed, 120_000)
      // The last state is cleared when event time has passed all of them.
      await until(
        () => {
          alerts = followed[0]!.values<Alert>()
          return alerts.some(
            ({ type, subject }) => type === 'sigwatch.alert.cleared' && subject === `port:${SUBLET.rising}`,
          )
        },
        60_000,
        () => JSON.stringify(changesOf(alerts), null, 1),
      )
      expect(await service.stop()).toBe(0)
      alerts = (await client.readAll(TOPICS.alerts)).map(({ value }) => JSON.parse(String(value)) as Alert)
      verdicts = (await client.readAll(TOPICS.verdicts)).map(
        ({ value }) => JSON.parse(String(value)) as Verdict,
      )
      blocks = new Map(
        (await client.readAll(TOPICS.blocks)).map(({ key, value }) => [key, value && String(value)]),
      )
    }, 240_000)
    afterAll(async () => {
      await Promise.all(followed.map((topic) => topic.stop()))
      await service?.kill()
      await redis?.stop()
    })

    it('was made of this traffic, with open states', () => {
      expect(digestOf(records)).toBe(left.digest)
      expect(left.committed).toBeLessThan(left.given)
      expect(before().filter(({ type }) => type === 'sigwatch.alert.raised').length).toBeGreaterThan(6)
    })

    it('goes on: states rise and clear as if one version had seen it all, none twice', async () => {
      const file = (base: string, rows: readonly object[]) => {
        writeJsonl(folder.file(base), rows)
        return folder.file(base)
      }
      const portRaised = before().find(({ subject }) => subject === `port:${SUBLET.released}`)!
      const [alertsFile, verdictsFile] = [folder.file('alerts.jsonl'), folder.file('verdicts.jsonl')]
      const { SIGWATCH_POLICY, SIGWATCH_REGISTRY } = environmentOf([], '')
      const { code, stderr } = await sigwatch(
        [
          ...['run', '--source', file('messages.jsonl', records), '--now', '2025-03-12T00:00:00Z'],
          ...['--alerts', alertsFile, '--verdicts', verdictsFile],
          ...['--consents', file('consents.jsonl', CONSENTS), '--replies', file('replies.jsonl', REPLIES)],
          ...['--feedback', file('feedback.jsonl', [release(portRaised.data.state!.id)])],
        ],
        {
          env: {
            SIGWATCH_DEPLOYMENT: DEPLOYMENT,
            SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY,
            SIGWATCH_POLICY: SIGWATCH_POLICY!,
            SIGWATCH_REGISTRY: SIGWATCH_REGISTRY!,
          },
        },
      )
      expect(code, stderr).toBe(0)
      const undisturbed = readJsonl<Alert>(alertsFile)
      const all = changesOf([...before(), ...alerts])
      // Messages to a recipient are counted again: half of what floods this one came before.
      const counted = changesOf(undisturbed).filter((change) => !change.includes(tokenOf(PEOPLE.floodRising)))
      expect(all).toEqual(counted)
      // The same change is told under one id, by whichever version.
      const known = byId(before())
      for (const one of alerts) {
        const earlier = known.get(one.id)
        if (earlier) expect([one.type, one.subject]).toEqual([earlier.type, earlier.subject])
      }
      const expected = byId(readJsonl<Verdict>(verdictsFile))
      for (const verdict of byId(verdicts).values())
        expect(findingsOf(verdict)).toEqual(findingsOf(expected.get(verdict.id)!))
    })

    const raisedAfter = (subject: string) =>
      alerts.filter(
        ({ type, subject: of, time }) =>
          type === 'sigwatch.alert.raised' && of === subject && time >= ISO_HANDOVER,
      )
    it('counts what was counted before: rates, names on a port, the baseline', () => {
      expect(raisedAfter(`signature:${RISING_BURST}`)).toHaveLength(1)
      expect(raisedAfter(`port:${SUBLET.rising}`)).toHaveLength(1)
      expect(raisedAfter(`domain:${FORGERIES.rising}`)).toHaveLength(2)
      // Without a day of history it would be for review.
      expect(raisedAfter(`signature:${LATER_BURST}`)[0]!.data.action).toBe('throttle')
    })

    it('raises no state that is open or released, and clears none that goes on', () => {
      for (const subject of [
        `signature:${OPEN_BURST}`,
        `port:${SUBLET.open}`,
        `port:${SUBLET.released}`,
        `domain:${FORGERIES.open}`,
      ])
        expect(raisedAfter(subject), subject).toEqual([])
      const cleared = alerts.find(
        ({ type, subject }) => type === 'sigwatch.alert.cleared' && subject === `signature:${OPEN_BURST}`,
      )!
      expect(Date.parse(cleared.time)).toBeGreaterThan(HANDOVER + 12 * 60_000)
    })

    it('knows who refused and who was asked', () => {
      const reasonsOf = (person: string, index: number) => {
        const { id } = records.filter(({ to, ts }) => to === person && ts > HANDOVER)[index]!
        return byId(verdicts).get(id)!.reasons
      }
      expect(reasonsOf(PEOPLE.refusedByReply, 0)).toContain('AFTER_OPT_OUT')
      expect(reasonsOf(PEOPLE.refusedByRow, 0)).toContain('AFTER_OPT_OUT')
      expect(reasonsOf(PEOPLE.asked, 0)).toContain('CONSENT_REASKED')
    })

    it('leaves no row of an ended state in the block table, whatever the version before wrote there', () => {
      expect([...blocks].filter(([, value]) => value !== null)).toEqual([])
    })
  })
}
