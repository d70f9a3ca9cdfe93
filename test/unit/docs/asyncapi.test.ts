import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { SETTINGS } from '../../../src/settings/settings.ts'

const file = new URL('../../../docs/asyncapi.yaml', import.meta.url)

interface Message {
  readonly payload?: { readonly $ref: string }
  readonly examples?: readonly { readonly name: string; readonly payload: Record<string, unknown> }[]
}
interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string | null }>>
  readonly operations: Readonly<Record<string, { readonly channel: { readonly $ref: string } }>>
  readonly components: { readonly messages: Readonly<Record<string, Message>>; readonly schemas: object }
}
const document = parse(readFileSync(file, 'utf8')) as Document

const ajv = new Ajv({ strict: false, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/ } })
ajv.addSchema({ $id: 'asyncapi', components: { schemas: document.components.schemas } })

function validatorOf(message: string) {
  const { $ref } = document.components.messages[message]!.payload!
  return ajv.compile({ $ref: `asyncapi${$ref}` })
}

/** Every `$ref` of the document. */
function refs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refs(inner)))
}

/** Of a default: inputs are a list, of one topic. */
function nameOf(topic: unknown): unknown {
  return Array.isArray(topic) ? (topic as { topic: string }[])[0]!.topic : topic
}

describe('docs/asyncapi.yaml', () => {
  it('has the topics of the configuration, with their default names', () => {
    const topics = Object.entries(SETTINGS).flatMap(([key, setting]) =>
      key.startsWith('kafka.topics.')
        ? [[key.slice('kafka.topics.'.length), nameOf(setting.default)] as const]
        : [],
    )
    const channels = Object.entries(document.channels).map(([name, { address }]) => [name, address] as const)
    expect(Object.fromEntries(channels)).toEqual(Object.fromEntries(topics))
  })

  it('reads or writes every channel once', () => {
    const used = Object.values(document.operations).map(({ channel }) => channel.$ref.split('/').at(-1))
    expect(used.sort()).toEqual(Object.keys(document.channels).sort())
  })

  it.each([...new Set(refs(document))])('%s leads somewhere', (ref) => {
    if (!ref.startsWith('#/')) {
      expect(JSON.parse(readFileSync(new URL(ref, file), 'utf8'))).toHaveProperty('$id')
      return
    }
    const target = ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], document)
    expect(target).toBeDefined()
  })

  const examples = Object.entries(document.components.messages).flatMap(([message, { examples = [] }]) =>
    examples.map(({ name, payload }) => ({ message, name, payload })),
  )
  it.each(examples)('accepts its example of $message: $name', ({ message, payload }) => {
    const validate = validatorOf(message)
    expect(validate(payload), JSON.stringify(validate.errors)).toBe(true)
  })

  it.each([
    ['record', { to: '' }],
    ['record', { ts: '2026-11-11 08:00' }],
    ['record', { part: { ref: 1, index: 0, count: 2 } }],
    ['record', { disposition: 'dropped' }],
    ['consent', { state: 'maybe' }],
    ['feedback', { messageId: 'both' }],
    ['registryRow', { kind: 'sender' }],
  ])('refuses a %s with %j', (message, change) => {
    const payload = { ...examples.find((e) => e.message === message)!.payload, ...change }
    expect(validatorOf(message)(payload)).toBe(false)
  })
})
