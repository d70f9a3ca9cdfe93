import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import { Refusals } from '../../../src/service/refusals.ts'
import { TokenKeyWatch } from '../../../src/service/token-key-watch.ts'
import { until } from '../../helpers/recording-handler.ts'

it('reports once that keys with one id differ, in the notes until they agree', async () => {
  const events: Event[] = []
  const refusals = new Refusals()
  let answer: readonly string[] | Error = []
  const watch = new TokenKeyWatch({
    record: async () => {
      if (answer instanceof Error) throw answer
      return answer
    },
    emit(event) {
      refusals.take(event)
      events.push(event)
    },
    every: 10,
  })
  onTestFinished(() => watch.close())
  await watch.start()
  expect(events).toEqual([])
  answer = ['1']
  await until(() => events.length > 0)
  answer = new Error('no answer')
  await sleep(50)
  answer = ['1']
  await sleep(50)
  expect(events).toEqual([{ name: 'token_keys_conflict', keys: '1', count: 1 }])
  expect(refusals.notes()).toEqual([
    expect.stringContaining('another instance has another key under the id 1 (privacy.tokenKey'),
  ])
  answer = []
  await until(() => events.length > 1)
  expect(events.at(-1)).toEqual({ name: 'token_keys_agree' })
  expect(refusals.notes()).toEqual([])
})
