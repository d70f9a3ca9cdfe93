import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { AgreementWatch } from '../../../src/service/agreement-watch.ts'
import { until } from '../../helpers/recording-handler.ts'

it('reports once that values differ, and once that they agree again', async () => {
  const reports: (readonly string[])[] = []
  let answer: readonly string[] | Error = []
  const watch = new AgreementWatch({
    record: async () => {
      if (answer instanceof Error) throw answer
      return answer
    },
    differ: (names) => reports.push(names),
    every: 10,
  })
  onTestFinished(() => watch.close())
  await watch.start()
  expect(reports).toEqual([])
  answer = ['2', '1']
  await until(() => reports.length > 0)
  answer = new Error('no answer')
  await sleep(50)
  answer = ['1', '2']
  await sleep(50)
  expect(reports).toEqual([['1', '2']])
  answer = []
  await until(() => reports.length > 1)
  expect(reports.at(-1)).toEqual([])
})
