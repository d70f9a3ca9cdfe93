import { expect, it } from 'vitest'
import { hasServer } from '../../../../src/adapters/redis/node-names.ts'

const server = (host: string) => ({ host, port: 6379 })

it('finds each server of a node by its whole name', () => {
  const node = '10.0.0.1:6379;10.0.0.2:6379'
  expect(hasServer(node, server('10.0.0.1'))).toBe(true)
  expect(hasServer(node, server('10.0.0.2'))).toBe(true)
  expect(hasServer(node, { host: '10.0.0.2', port: 6380 })).toBe(false)
  expect(hasServer('fd00::1:6379', server('fd00::1'))).toBe(true)
})

it.each([
  ['110.0.0.1:6379;110.0.0.2:6379', '10.0.0.1'],
  ['my-redis-1:6379', 'redis-1'],
  ['fd00::1:6379', '1'],
])('takes no server for one whose name ends alike (%s, %s)', (node, host) => {
  expect(hasServer(node, server(host))).toBe(false)
})

it('distinguishes ports with the same prefix', () => {
  expect(hasServer('redis:63790', { host: 'redis', port: 6379 })).toBe(false)
})
