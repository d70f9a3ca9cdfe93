import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { checkClient, clientPart, type Load } from '../../../../src/adapters/kafka/client-parts.ts'
import { leaveFetchesUndecoded } from '../../../../src/adapters/kafka/undecoded-fetches.ts'

const require = createRequire(import.meta.url)

/** The client with one of its modules changed. */
function clientWith(path: string, part: unknown): Load {
  return (name) => (name === `kafkajs/${path}` ? part : require(name))
}

it('is the client whose parts are known', () => {
  expect(() => checkClient()).not.toThrow()
})

it.each<[string, string, unknown, string]>([
  ['another version', 'package.json', { version: '2.3.0' }, 'version 2.3.0 instead of 2.2.4'],
  [
    'a function that takes more',
    'src/producer/sendMessages',
    (_a: object, _b: object) => {},
    'it has 2 parameters instead of 1',
  ],
  ['a class without a method', 'src/cluster/index', class {}, 'addMultipleTargetTopics is not a function'],
  ['a module of another kind', 'src/protocol/error', {}, 'createErrorFromCode is not a function'],
  [
    'a batch that looks into records',
    'src/consumer/batch',
    class {
      messages = []
      fetchedOffset = '7'
      constructor(topic: string, offset: string, data: object) {
        void [topic, offset, data]
      }
      firstOffset() {}
      isEmpty() {}
      isEmptyDueToFiltering() {}
      lastOffset() {
        return '9'
      }
    },
    'does not hand over what a fetch was decoded to',
  ],
])('refuses %s', (_, path, part, message) => {
  expect(() => checkClient(clientWith(path, part))).toThrow(message)
  expect(() => checkClient(clientWith(path, part))).toThrow(expect.objectContaining({ code: 'KAFKA_CLIENT' }))
})

it('names the part of a request whose answers are decoded otherwise', () => {
  const load = clientWith('src/protocol/requests/fetch/v11/response', { parse: async (_: object) => {} })
  expect(() => leaveFetchesUndecoded(load)).toThrow('kafkajs/src/protocol/requests/fetch/v11/response')
})

it('names a part that is gone', () => {
  const load: Load = () => {
    throw new Error('Cannot find module')
  }
  expect(() => clientPart('protocol/encoder', load)).toThrow(
    'kafkajs/src/protocol/encoder is not as in version 2.2.4',
  )
})
