import { expect, it } from 'vitest'
import { createCast } from '../../src/offline/simulator/cast.ts'
import { fanoutPlants } from '../../src/offline/simulator/planted-fanouts.ts'
import { PlantingContext } from '../../src/offline/simulator/planting-context.ts'
import { Random } from '../../src/offline/simulator/random.ts'
import { embedded, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { TO_FRIENDS, TO_STRANGERS } from '../helpers/private-texts.ts'
import { recipient } from './fixtures/registry.ts'

const folder = useFolder()
let sequence = 0

/** One number writes to so many people who have heard nothing of it, one a minute. */
const written = (from: string, texts: readonly string[], count = 40): Sms[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `m${sequence++}`,
    ts: NOON + i * MINUTE,
    from,
    to: recipient(10_000 + sequence),
    text: texts[i % texts.length]!,
  }))

it('tells who writes to strangers from who writes to many it knows, with the shipped model', async () => {
  const strangers = Object.values(TO_STRANGERS).map((texts, i) => written(`1380013800${i}`, texts))
  const friends = Object.values(TO_FRIENDS)
    .flat()
    .map((text, i) => written(`1390013900${i}`, [text]))
  const { states, verdicts } = await embedded(folder.path, { messages: [...strangers, ...friends].flat() })
  const raised = states('PRIVATE_FANOUT')
  expect([...new Set(raised.map(({ subject }) => subject))].toSorted()).toEqual(
    strangers.map(([first]) => `sender:-@${first!.from}`),
  )
  // Nothing is known of the days before.
  for (const { data } of raised)
    expect(data).toMatchObject({ action: 'observe', message: { from: expect.anything() } })
  const last = strangers[0]!.at(-1)!
  expect(verdicts.get(last.id)!.states).toContain(raised[0]!.data.state!.id)
})

it('raises what the simulator plants, and none of its near misses', async () => {
  const random = new Random(3)
  const context = new PlantingContext(createCast(random), NOON, random)
  const plants = fanoutPlants(context)
  const drafts = plants.flatMap((plant) =>
    Array.from({ length: 24 * 60 }, (_, minute) =>
      plant.drafts(context.midnight + minute * MINUTE, random),
    ).flat(),
  )
  const messages = drafts
    .toSorted((a, b) => a.ts - b.ts)
    .map(({ ts, from, to, text }, i): Sms => ({ id: `p${i}`, ts, from, to, text }))
  const { states } = await embedded(folder.path, { messages })
  const expected = plants.flatMap(({ truth }) =>
    truth.filter(({ raise }) => raise !== false).map(({ target }) => `${target.kind}:${target.id}`),
  )
  expect(new Set(states('PRIVATE_FANOUT').map(({ subject }) => subject))).toEqual(new Set(expected))
})
