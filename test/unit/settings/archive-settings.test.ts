import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/settings/config.ts'

const TOKEN = 'a-token-of-an-analyst-that-is-long'
const read = (tokens: unknown) =>
  readConfig({
    env: { SIGWATCH_DESK_TOKENS: typeof tokens === 'string' ? tokens : JSON.stringify(tokens) },
  })

describe('desk.tokens', () => {
  it('are read with what each may do', () => {
    const other = { name: '王 lin', token: `${TOKEN}-2`, may: 'feedback' }
    const third = { name: 'wu', token: `${TOKEN}-3`, may: ['judge', 'number'] }
    const { config, problems } = read([{ name: 'lin', token: TOKEN }, other, third])
    expect(problems).toEqual([])
    expect(config.desk.tokens?.map(({ name, token, may }) => [name, token.reveal(), may])).toEqual([
      ['lin', TOKEN, 'read'],
      ['王 lin', `${TOKEN}-2`, 'feedback'],
      ['wu', `${TOKEN}-3`, ['judge', 'number']],
    ])
  })

  it.each([
    [TOKEN, '', 'is not valid JSON (allowed: a list of {name, token'],
    [[], '', 'is empty: list at least one'],
    [{ lin: TOKEN }, '', 'must be a list, is a mapping of keys: begin each item with a dash'],
    [[TOKEN], '[0]', 'must be a mapping of keys, is text'],
    [[{ name: 'lin', [TOKEN]: true, token: TOKEN }], '[0]', 'has an unknown key (allowed: name, token, may)'],
    [[{ name: 'lin' }], '[0].token', 'is missing (allowed: 24 or more characters); make one: openssl'],
    [[{ name: 'lin', token: TOKEN.slice(0, 23) }], '[0].token', 'has 23 characters (allowed: 24 or more'],
    [[{ name: `${TOKEN}/`, token: TOKEN }], '[0].name', 'the value is not allowed (allowed: 1 to 64 letters'],
    [[{ name: 'lin', token: TOKEN, may: TOKEN }], '[0].may', 'the value is not allowed (allowed: read'],
    [
      [{ name: 'lin', token: TOKEN, may: ['judge', TOKEN] }],
      '[0].may[1]',
      'the value is not allowed (allowed: read',
    ],
    [[{ name: 'lin', token: TOKEN, may: [] }], '[0].may', 'is empty: list at least one'],
    [twice({ name: 'lin', token: `${TOKEN}-2` }), '[1].name', 'is also that of entry 1: use another'],
    [twice({ name: 'wang', token: TOKEN }), '[1].token', 'is also that of entry 1: use another'],
  ])('refuse %j without showing the token', (tokens, place, message) => {
    const { problems } = read(tokens)
    expect(problems).toEqual([
      { file: 'environment', key: `SIGWATCH_DESK_TOKENS${place}`, message: expect.stringContaining(message) },
    ])
    expect(JSON.stringify(problems)).not.toContain(TOKEN.slice(0, 23))
  })
})

function twice(second: object): object[] {
  return [{ name: 'lin', token: TOKEN }, second]
}

describe('desk.trustedProxies', () => {
  const proxies = (value: string) => readConfig({ env: { SIGWATCH_DESK_TRUSTED_PROXIES: value } })

  it('are addresses and networks', () => {
    const { config, problems } = proxies('127.0.0.1, 10.0.0.0/8, 2001:db8::/32, ::1')
    expect(problems).toEqual([])
    expect(config.desk.trustedProxies).toEqual(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32', '::1'])
  })

  it.each(['proxy.example', '300.1.1.1', '10.0.0.0/33', '2001:db8::/129', '10.0.0.0/8/8', '1.2.3'])(
    'are not %s',
    (value) => {
      expect(proxies(value).problems).toEqual([
        expect.objectContaining({
          key: expect.stringContaining('TRUSTED_PROXIES'),
          message: expect.stringContaining('an IP address, or a network'),
        }),
      ])
    },
  )
})

describe('desk.oidc', () => {
  const SECRET = 'the-secret-of-the-client'
  const FULL = {
    SIGWATCH_DESK_OIDC_ISSUER: 'https://login.example/realms/sms',
    SIGWATCH_DESK_OIDC_CLIENT_ID: 'desk',
    SIGWATCH_DESK_OIDC_CLIENT_SECRET: SECRET,
    SIGWATCH_DESK_OIDC_URL: 'https://desk.example',
    SIGWATCH_DESK_OIDC_RIGHTS: '{"analysts": "judge", "callers": ["read", "number"]}',
  }

  it('is read with what the values of the claim allow', () => {
    const { config, problems } = readConfig({ env: FULL })
    expect(problems).toEqual([])
    expect(config.desk.oidc.rights).toEqual({ analysts: 'judge', callers: ['read', 'number'] })
    expect(JSON.stringify(config)).not.toContain(SECRET)
  })

  it.each([
    [{ SIGWATCH_DESK_OIDC_ISSUER: 'http://login.example' }, 'ISSUER', 'an https:// URL without a login'],
    [{ SIGWATCH_DESK_OIDC_URL: 'https://lin@desk.example' }, 'URL', 'an https:// URL without a login'],
    [{ SIGWATCH_DESK_OIDC_RIGHTS: '{"a": "admin"}' }, 'RIGHTS.a', 'is not allowed (allowed: read'],
    [{ SIGWATCH_DESK_OIDC_RIGHTS: '{}' }, 'RIGHTS', 'is empty'],
    [{ SIGWATCH_DESK_OIDC_RIGHTS: 'judge' }, 'RIGHTS', 'must be a mapping of keys'],
  ])('refuses %j', (over, key, message) => {
    const { problems } = readConfig({ env: { ...FULL, ...over } })
    expect(problems).toEqual([
      {
        file: 'environment',
        key: `SIGWATCH_DESK_OIDC_${key}`,
        message: expect.stringContaining(message),
      },
    ])
  })

  it('names each key that is missing', () => {
    const { SIGWATCH_DESK_OIDC_ISSUER } = FULL
    const { problems } = readConfig({ env: { SIGWATCH_DESK_OIDC_ISSUER } })
    const missing = ['clientId', 'clientSecret', 'url', 'rights'].map((name) => `desk.oidc.${name}`)
    expect(problems.map(({ key }) => key)).toEqual(missing)
  })
})
