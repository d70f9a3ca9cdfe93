import { expect, it } from 'vitest'
import type { KafkaConnection } from '../../../../src/adapters/kafka/client.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { namedSideTopics } from '../../../../src/pipeline/side-inputs/named-topics.ts'
import { readConfig } from '../../../../src/settings/config.ts'

/** The warnings about side topics of the default names when these are missing. */
async function warningsWithout(...missing: readonly string[]) {
  const { config } = readConfig({ env: {}, folder: '/', serving: false })
  const events: Event[] = []
  const kafka = { missingTopics: async () => [...missing] } as unknown as KafkaConnection
  const named = await namedSideTopics(config, kafka, (event) => void events.push(event))
  expect(named.missing.map(([, topic]) => topic)).toEqual(missing)
  return events
}

it('warns once of all side topics that do not exist', async () => {
  const message = 'side topics that do not exist are off until they are made: sms.registry, sms.mo'
  expect(await warningsWithout('sms.registry', 'sms.mo')).toEqual([{ name: 'warning', message }])
  expect(await warningsWithout()).toEqual([])
})
