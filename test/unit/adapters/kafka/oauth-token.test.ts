import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failureKind } from '../../../../src/adapters/kafka/errors.ts'
import { OauthTokens } from '../../../../src/adapters/kafka/oauth-token.ts'
import { granted, startTokenEndpoint, type TokenEndpoint } from '../../../helpers/token-endpoint.ts'

const CLIENT = { clientId: 'sigwatch:1', clientSecret: 's3cret/+ of the tests', scope: 'kafka read' }

describe('tokens for the brokers', () => {
  let endpoint: TokenEndpoint
  let now = 0
  let tokens: OauthTokens
  let given = 0

  beforeEach(async () => {
    now = 0
    given = 0
    endpoint = await startTokenEndpoint(() => granted(`token-${++given}`, 300))
    tokens = new OauthTokens({ endpoint: endpoint.url, ...CLIENT }, () => now)
  })
  afterEach(() => endpoint.stop())

  it('are asked for with the login of the client, which holds any sign', async () => {
    expect(await tokens.current()).toBe('token-1')
    const [{ authorization, form }] = endpoint.asked as [TokenEndpoint['asked'][number]]
    expect(form).toEqual({ grant_type: 'client_credentials', scope: 'kafka read' })
    const [id, secret] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
    expect([id, secret].map((part) => decodeURIComponent(part!))).toEqual([
      CLIENT.clientId,
      CLIENT.clientSecret,
    ])
  })

  it('are used until a fifth of their life is left, and are fetched once for all callers', async () => {
    expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['token-1', 'token-1'])
    now = 239_000
    expect(await tokens.current()).toBe('token-1')
    now = 241_000
    expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['token-2', 'token-2'])
    expect(endpoint.asked).toHaveLength(2)
  })

  it('that live for less than a minute are new by the time a session is renewed', async () => {
    endpoint.answer = () => granted(`token-${++given}`, 40)
    await tokens.current()
    now = 24_000
    expect(await tokens.current()).toBe('token-1')
    // kafkajs logs in again 10 s before the end.
    now = 30_000
    expect(await tokens.current()).toBe('token-2')
  })

  it('without a time serve for four minutes', async () => {
    endpoint.answer = () => granted(`token-${++given}`)
    await tokens.current()
    now = 239_000
    expect(await tokens.current()).toBe('token-1')
    now = 241_000
    expect(await tokens.current()).toBe('token-2')
  })

  it('serve on while they are valid and the endpoint is away', async () => {
    await tokens.current()
    endpoint.answer = () => ({ status: 503, body: '' })
    now = 299_000
    expect(await tokens.current()).toBe('token-1')
    now = 301_000
    await expect(tokens.current()).rejects.toThrow('token endpoint: HTTP 503')
    endpoint.answer = () => granted(`token-${++given}`, 300)
    expect(await tokens.current()).toBe('token-2')
  })

  it('that the brokers refuse are not given again', async () => {
    await tokens.current()
    tokens.refused('another')
    expect(await tokens.current()).toBe('token-1')
    tokens.refused('token-1')
    expect(await tokens.current()).toBe('token-2')
  })

  it.each([
    [
      'a wrong secret',
      { status: 401, body: '{"error":"invalid_client"}' },
      'HTTP 401 invalid_client',
      'login',
    ],
    ['a wrong scope', { status: 400, body: '{"error":"invalid_scope"}' }, 'HTTP 400 invalid_scope', 'login'],
    ['a wrong path', { status: 404, body: '<html>' }, 'HTTP 404', 'login'],
    ['an error that is no code', { status: 400, body: '{"error":"S3cret <x>"}' }, /HTTP 400$/, 'login'],
    ['too many requests', { status: 429, body: '' }, 'HTTP 429', 'transient'],
    ['a defect', { status: 500, body: '' }, 'HTTP 500', 'transient'],
    ['another server', { status: 200, body: '<html>' }, 'no access_token', 'transient'],
    ['a token of other signs', granted('a\u0001b'), 'no access_token', 'transient'],
    [
      'an answer without end',
      { status: 200, body: `"${'x'.repeat(70_000)}"` },
      'no access_token',
      'transient',
    ],
    ['a redirect', { status: 302, body: '' }, 'token endpoint: ', 'transient'],
  ] as const)('are not had after %s, and the reason shows no secret', async (_, answer, says, kind) => {
    endpoint.answer = () => answer
    const error = await tokens.current().catch((e: Error) => e)
    expect((error as Error).message).toMatch(says)
    expect(String((error as Error).stack)).not.toContain('s3cret')
    expect(failureKind(error)).toBe(kind)
  })

  it('are not had where nothing listens', async () => {
    await endpoint.stop()
    await expect(tokens.current()).rejects.toThrow('token endpoint: connect ECONNREFUSED')
    endpoint = await startTokenEndpoint(() => granted('t'))
  })
})
