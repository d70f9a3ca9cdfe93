import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { POLICY_FILE } from '../../../../scripts/docs/policy.ts'
import { CODES } from '../../../../src/detection/detectors/all.ts'
import { SHIPPED_HOURS } from '../../../../src/detection/detectors/quiet-hours.ts'
import { DEFAULT_POLICY } from '../../../../src/detection/policy/defaults.ts'
import { readPolicy } from '../../../../src/detection/policy/load.ts'
import { CODE_NAMES } from '../../../../src/domain/codes.ts'
import { formatProblem, InvalidInput } from '../../../../src/domain/errors.ts'
import { given } from '../../../../src/domain/given.ts'
import { isShadowed, type PolicyPlace } from '../../../../src/domain/policy.ts'
import { parseSpan, parseZone } from '../../../../src/settings/files/value-forms.ts'
import { loadPolicy, parsePolicy } from '../../../helpers/policies.ts'

const at = (time: string) => Date.parse(time)
const NOW = at('2026-11-01T12:00:00+08:00')

function policyOf(yaml: string) {
  const { policy, problems } = parsePolicy('policy.yaml', yaml)
  expect(problems).toEqual([])
  return policy!
}

function faults(yaml: string): string[] {
  return parsePolicy('policy.yaml', yaml).problems.map(formatProblem)
}

describe('the shipped policy', () => {
  const policy = loadPolicy()

  it('judges every code, with the action of the code table, enforced', () => {
    expect(policy.mode).toBe('enforce')
    for (const code of CODE_NAMES) {
      expect(policy.codePolicy(code, NOW), code).toMatchObject({
        action: CODES[code].action,
        mode: 'enforce',
      })
      expect(policy.codePolicy(code, NOW).weight, code).toBeGreaterThanOrEqual(0)
    }
  })

  it('is what config/policy.yaml says', () => {
    expect(parse(readFileSync(POLICY_FILE, 'utf8'))).toEqual(DEFAULT_POLICY)
    expect(readPolicy(POLICY_FILE).policy?.hash).toBe(policy.hash)
  })

  it('has the quiet hours of the module, and the default escalation', () => {
    const { zone, spans } = policy.at(NOW).quietHours
    expect(zone).toBe(parseZone(SHIPPED_HOURS.zone))
    for (const label of ['marketing', 'finance'] as const)
      expect(spans.get(label)).toEqual(parseSpan(SHIPPED_HOURS[label]))
    expect(policy.at(NOW).quietHours.spans.has('notice')).toBe(false)
    expect(policy.escalate).toEqual({ count: 3, recipients: 3, within: 600_000 })
  })

  it('explains every threshold in a comment', () => {
    const lines = readFileSync(POLICY_FILE, 'utf8').split('\n')
    const bare = lines.filter((line) => /^ {6}\w+: \S+$/.test(line) && !line.includes('perMinute'))
    expect(bare).toEqual([])
  })
})

describe('a policy file', () => {
  it('changes what it says and keeps the rest', () => {
    const policy = policyOf('codes: {MARKETING_BURST: {action: review, thresholds: {ratio1m: 9}}}\n')
    const base = loadPolicy().codePolicy('MARKETING_BURST', NOW)
    expect(policy.codePolicy('MARKETING_BURST', NOW)).toEqual({
      ...base,
      action: 'review',
      thresholds: { ...base.thresholds, ratio1m: 9 },
    })
    expect(policy.codePolicy('NO_CONSENT', NOW)).toEqual(loadPolicy().codePolicy('NO_CONSENT', NOW))
  })

  it('may say nothing', () => {
    expect(policyOf('# nothing yet\n{}\n').hash).toBe(loadPolicy().hash)
  })

  it('is refused when it is empty, as after an accident', () => {
    const said = [
      'policy.yaml: is empty: it may have been written only in part; write {} for the shipped policy',
    ]
    for (const text of ['', ' \n\n', '# The policy of\n']) expect(faults(text)).toEqual(said)
  })

  it('lets codes that it lists out of the shadow of the whole, unless they are in their own', () => {
    const policy = policyOf(
      'mode: shadow\nenforce: [NO_CONSENT, QUIET_HOURS]\ncodes: {QUIET_HOURS: {mode: shadow}}\ncarriers: {CUCC: {mode: shadow}}\n',
    )
    const modeOf = (code: 'NO_CONSENT' | 'QUIET_HOURS' | 'TEXT_FRAUD', carrier?: string) =>
      policy.codePolicy(code, NOW, given({ carrier })).mode
    expect([modeOf('NO_CONSENT'), modeOf('TEXT_FRAUD'), modeOf('QUIET_HOURS')]).toEqual([
      'enforce',
      'shadow',
      'shadow',
    ])
    expect(modeOf('NO_CONSENT', 'CUCC')).toBe('shadow')
    expect([isShadowed(policy, 'NO_CONSENT'), isShadowed(policy, 'TEXT_FRAUD')]).toEqual([false, true])
    expect(policyOf('mode: shadow\n').hash).not.toBe(policy.hash)
  })

  it('exempts every port that begins alike', () => {
    const policy = policyOf(
      'exemptions: [{target: "port:1069000999*", codes: [PORT_SUBLET], until: 2099-01-01T00:00+08:00, by: ops, why: trial}]\n',
    )
    expect(policy.exempt('port:10690009991', 'PORT_SUBLET', NOW)).toMatchObject({ by: 'ops' })
    expect(policy.exempt('port:1069000998', 'PORT_SUBLET', NOW)).toBeUndefined()
    expect(policy.exempt('sender:x@10690009991', 'PORT_SUBLET', NOW)).toBeUndefined()
  })

  it.each(['port:１０６９０００９９９１', 'port:+86 10690009991', 'port:１０６９*'])(
    'exempts the port of messages that %s is',
    (target) => {
      const policy = policyOf(
        `exemptions: [{target: "${target}", codes: [PORT_SUBLET], until: 2099-01-01T00:00+08:00, by: ops, why: trial}]\n`,
      )
      expect(policy.exempt('port:10690009991', 'PORT_SUBLET', NOW)).toMatchObject({ by: 'ops' })
    },
  )

  it('puts everything, a carrier or one code in shadow', () => {
    const all = policyOf('mode: shadow\ncodes: {NO_CONSENT: {mode: enforce}}\n')
    expect([all.mode, all.codePolicy('NO_CONSENT', NOW).mode]).toEqual(['shadow', 'shadow'])
    const some = policyOf('codes: {NO_CONSENT: {mode: shadow}}\ncarriers: {CUCC: {mode: shadow}}\n')
    expect(some.codePolicy('NO_CONSENT', NOW).mode).toBe('shadow')
    expect(some.codePolicy('TEXT_FRAUD', NOW).mode).toBe('enforce')
    expect(some.codePolicy('TEXT_FRAUD', NOW, { carrier: 'CUCC' }).mode).toBe('shadow')
    expect(some.codePolicy('TEXT_FRAUD', NOW, { carrier: 'CMCC' }).mode).toBe('enforce')
  })

  it('takes a limit away', () => {
    const policy = policyOf('codes: {MARKETING_BURST: {action: review, limit: null}}\n')
    expect(policy.codePolicy('MARKETING_BURST', NOW)).not.toHaveProperty('limit')
  })

  it('layers base, carrier and periods, later periods over earlier ones', () => {
    const policy = policyOf(`
codes: {TEXT_FRAUD: {weight: 0.1, thresholds: {minScore: 0.1}}}
carriers: {CUCC: {codes: {TEXT_FRAUD: {weight: 0.2, action: block}}}}
periods:
  - {name: long, from: 2026-10-20T00:00+08:00, to: 2026-11-13T00:00+08:00, codes: {TEXT_FRAUD: {weight: 0.3}}}
  - {name: day, from: 2026-11-11T00:00+08:00, to: 2026-11-12T00:00+08:00, codes: {TEXT_FRAUD: {weight: 0.4}}}
`)
    const seen = (time: string, carrier?: string) => {
      const { weight, action, thresholds } = policy.codePolicy('TEXT_FRAUD', at(time), given({ carrier }))
      expect(thresholds.minScore).toBe(0.1)
      return `${weight} ${action}`
    }
    expect(seen('2026-10-19T23:59:59.999+08:00')).toBe('0.1 review')
    expect(seen('2026-10-20T00:00+08:00')).toBe('0.3 review')
    expect(seen('2026-11-11T00:00+08:00', 'CUCC')).toBe('0.4 block')
    expect(seen('2026-11-12T00:00+08:00', 'CUCC')).toBe('0.3 block')
    expect(seen('2026-11-13T00:00+08:00')).toBe('0.1 review')
    expect(seen('2026-11-13T00:00+08:00', 'CUCC')).toBe('0.2 block')
    expect(seen('2026-11-11T12:00+08:00')).toBe('0.4 review')
  })

  it('adds periods to the shipped ones, and replaces those of the same name', () => {
    const of = (text: string, time: string) => {
      const { minRecipients, minNumbers } = policyOf(text).codePolicy('PRIVATE_FANOUT', at(time)).thresholds
      return [minRecipients, minNumbers]
    }
    const [eve, day] = ['2027-02-05T20:00+08:00', '2027-03-05T20:00+08:00']
    const sale =
      'periods: [{name: sale, from: 2027-02-05T00:00+08:00, to: 2027-02-06T00:00+08:00, codes: {PRIVATE_FANOUT: {thresholds: {minNumbers: 50}}}}]'
    expect([of('{}', eve), of('{}', day)]).toEqual([
      [100, 200],
      [20, 20],
    ])
    expect([of(sale, eve), of(sale, day)]).toEqual([
      [100, 50],
      [20, 20],
    ])
    const higher = 'codes: {PRIVATE_FANOUT: {thresholds: {minRecipients: 150, minNumbers: 60}}}'
    expect([of(higher, eve), of(higher, day)]).toEqual([
      [150, 200],
      [150, 60],
    ])
    const none = sale.replace('sale', 'Spring Festival 2027').replace('{PRIVATE_FANOUT', '{TEXT_FRAUD')
    expect(of(none.replace('minNumbers: 50', 'minScore: 0.5'), eve)).toEqual([20, 20])
  })

  it('has festivals on the days of the lunar calendar', () => {
    const lunar = new Intl.DateTimeFormat('en-u-ca-chinese', {
      ...({ month: 'numeric', day: 'numeric', timeZone: 'Asia/Shanghai' } as const),
    })
    const days = { 'Spring Festival': '1/1', 'Lantern Festival': '1/15', 'Mid-Autumn Festival': '8/15' }
    for (const [name, day] of Object.entries(days)) {
      const periods = DEFAULT_POLICY.periods!.filter((period) => period.name.startsWith(name))
      expect(periods.length).toBeGreaterThan(4)
      for (const { from, to } of periods) {
        // The tables of Node differ from the calendar of China by a day where the moon is new at midnight.
        const seen: string[] = []
        for (let ts = at(from) - 12 * 3_600_000; ts <= at(to) + 12 * 3_600_000; ts += 24 * 3_600_000) {
          const parts = Object.fromEntries(lunar.formatToParts(ts).map(({ type, value }) => [type, value]))
          seen.push(`${parts.month}/${parts.day}`)
        }
        expect(seen).toContain(day)
      }
    }
  })

  it('gives the same object for the same place, however many carriers ask', () => {
    const policy = policyOf('carriers: {CUCC: {mode: shadow}}\n')
    const base = policy.codePolicy('TEXT_FRAUD', NOW)
    for (let i = 0; i < 1000; i++)
      expect(
        policy.codePolicy('TEXT_FRAUD', NOW + i, { carrier: `carrier-${i}`, tenant: `tenant-${i}` }),
      ).toBe(base)
    expect(policy.codePolicy('TEXT_FRAUD', NOW, { carrier: 'CUCC' })).not.toBe(base)
  })

  it('exempts a target from codes until a time', () => {
    const policy = policyOf(`
exemptions:
  - {target: "signature:京东", codes: [MARKETING_BURST], until: 2026-11-12T00:00+08:00, by: ops, why: declared late}
`)
    const until = at('2026-11-12T00:00+08:00')
    expect(policy.exempt('signature:京东', 'MARKETING_BURST', until - 1)).toMatchObject({ by: 'ops', until })
    expect(policy.exempt('signature:京东', 'MARKETING_BURST', until)).toBeUndefined()
    expect(policy.exempt('signature:京东', 'CAMPAIGN_BURST', NOW)).toBeUndefined()
    expect(policy.exempt('signature:淘宝', 'MARKETING_BURST', NOW)).toBeUndefined()
  })

  it('has rules of a tenant over those of its carrier, and under those of periods', () => {
    const policy = policyOf(`
codes: {TEXT_FRAUD: {weight: 0.1}}
carriers: {CUCC: {codes: {TEXT_FRAUD: {weight: 0.2, action: block}}, quietHours: {marketing: null}}}
tenants:
  gd-a: {codes: {TEXT_FRAUD: {weight: 0.3}}, quietHours: {marketing: "20:00-09:00"}}
  gd-b: {mode: shadow}
periods: [{name: day, from: 2026-11-11T00:00+08:00, to: 2026-11-12T00:00+08:00, codes: {TEXT_FRAUD: {weight: 0.4}}}]
`)
    const seen = (place: PolicyPlace, ts = at('2026-10-19T12:00+08:00')) => {
      const { weight, action, mode } = policy.codePolicy('TEXT_FRAUD', ts, place)
      return `${weight} ${action} ${mode}`
    }
    expect(seen({ tenant: 'gd-a' })).toBe('0.3 review enforce')
    expect(seen({ carrier: 'CUCC', tenant: 'gd-a' })).toBe('0.3 block enforce')
    expect(seen({ carrier: 'CUCC', tenant: 'gd-b' })).toBe('0.2 block shadow')
    expect(seen({ tenant: 'gd-c' })).toBe('0.1 review enforce')
    expect(seen({ tenant: 'gd-a' }, at('2026-11-11T12:00+08:00'))).toBe('0.4 review enforce')
    const { spans } = policy.at(NOW, { carrier: 'CUCC', tenant: 'gd-a' }).quietHours
    expect(spans.get('marketing')).toEqual({ from: 1200, to: 540 })
    expect([...policy.tenants!]).toEqual(['gd-a', 'gd-b'])
    expect(loadPolicy().tenants).toBeUndefined()
  })

  it('exempts what a tenant asks for on its own messages alone', () => {
    const policy = policyOf(`
tenants:
  gd-a:
    exemptions: [{target: "port:1069*", codes: [NO_CONSENT], until: 2099-01-01T00:00+08:00, by: ops, why: agreed}]
`)
    expect(policy.hasExemptions).toBe(true)
    expect(policy.exempt('port:10691', 'NO_CONSENT', NOW, 'gd-a')).toMatchObject({ by: 'ops' })
    expect(policy.exempt('port:10691', 'NO_CONSENT', NOW, 'gd-b')).toBeUndefined()
    expect(policy.exempt('port:10691', 'NO_CONSENT', NOW)).toBeUndefined()
  })

  it('names a tenant that cannot be one, an exemption of a tenant that exempts nothing, and thresholds that do not go together', () => {
    const problems = parsePolicy(
      'p.yaml',
      [
        'tenants:',
        '  GD_A: {}',
        '  gd-b:',
        '    exemptions:',
        '      - {target: "port:1069", codes: [RECIPIENT_FLOOD], until: 2099-01-01T00:00+08:00, by: ops, why: agreed}',
      ].join('\n'),
    ).problems.map(({ line, key, message }) => `${line} ${key}: ${message}`)
    expect(problems).toEqual([
      '2 tenants.GD_A: is not a tenant (allowed: 1 to 32 letters a-z, digits or -)',
      expect.stringMatching(
        /^5 tenants\..*gd-b.*exemptions\[0\]\.codes\[0\]: RECIPIENT_FLOOD does not apply to a port/,
      ),
    ])
  })

  it('has quiet hours by carrier over its own base', () => {
    const policy = policyOf(`
quietHours: {marketing: "22:00-07:30", finance: null, zone: "-05:30"}
carriers: {CUCC: {quietHours: {marketing: null}}}
`)
    expect(policy.at(NOW).quietHours).toEqual({
      spans: new Map([['marketing', { from: 1320, to: 450 }]]),
      zone: -330,
    })
    expect(policy.at(NOW, { carrier: 'CUCC' }).quietHours.spans.size).toBe(0)
    expect(policy.at(NOW, { carrier: 'CMCC' })).toBe(policy.at(NOW))
  })
})

describe('the hash of a policy', () => {
  it('has 12 hex digits and follows the content, not the writing', () => {
    const one = policyOf('codes: {TEXT_FRAUD: {weight: 0.5, action: block}}\n')
    const other = policyOf('# the same\ncodes:\n  TEXT_FRAUD:\n    action: block\n    weight: 0.50\n')
    expect(one.hash).toMatch(/^[0-9a-f]{12}$/)
    expect(other.hash).toBe(one.hash)
    expect(policyOf('codes: {TEXT_FRAUD: {weight: 0.6, action: block}}\n').hash).not.toBe(one.hash)
    expect(policyOf('codes: {TEXT_FRAUD: {action: review}}\n').hash).toBe(loadPolicy().hash)
  })
})

describe('faults of a policy', () => {
  it.each([
    [
      'mod: shadow',
      'policy.yaml:1: mod: unknown key; did you mean "mode"? (allowed: change, requireChange, mode, codes, periods',
    ],
    ['mode: off', 'policy.yaml:1: mode: "off" is not allowed (allowed: enforce, shadow)'],
    ['codes: {NO_CONSNT: {}}', 'policy.yaml:1: codes.NO_CONSNT: unknown key; did you mean "NO_CONSENT"?'],
    [
      'codes:\n  NO_CONSENT:\n    action: drop',
      'policy.yaml:3: codes.NO_CONSENT.action: "drop" is not allowed',
    ],
    [
      'codes: {NO_CONSENT: {weight: 2}}',
      'policy.yaml:1: codes.NO_CONSENT.weight: 2 is out of range (allowed: at least 0, at most 1)',
    ],
    [
      'codes: {NO_CONSENT: {thresholds: {minScore: 1}}}',
      'policy.yaml:1: codes.NO_CONSENT.thresholds.minScore: unknown key (allowed: none)',
    ],
    [
      'codes: {MARKETING_BURST: {thresholds: {ratio2m: 1}}}',
      'thresholds.ratio2m: unknown key; did you mean "ratio1m"?',
    ],
    [
      'codes: {FORGED_BRAND: {thresholds: {minScore: "0.5"}}}',
      'must be a number, is "0.5" (allowed: at least 0, at most 1)',
    ],
    ['codes: {SIGNATURE_UNFILED: {thresholds: {commercialOnly: 1}}}', 'must be true or false, is 1'],
    [
      'codes: {PORT_SUBLET: {thresholds: {hold: 60}}}',
      'codes.PORT_SUBLET.thresholds.hold: 60 is out of range (allowed: at least 300',
    ],
    [
      'codes: {COMPLAINT_SPIKE: {thresholds: {confidence: 1}}}',
      'confidence: 1 is out of range (allowed: at least 0.5, less than 1)',
    ],
    [
      'codes: {MARKETING_BURST: {limit: {perMinute: 0}}}',
      'limit.perMinute: 0 is out of range (allowed: at least 1',
    ],
    [
      'periods: [{name: a, from: 2026-10-20T00:00, to: 2026-10-21T00:00Z, codes: {}}]',
      'periods[0].from: "2026-10-20T00:00" is not allowed (allowed: an ISO-8601 time with offset',
    ],
    [
      'periods: [{name: a, from: 2026-10-21T00:00Z, to: 2026-10-21T00:00Z, codes: {}}]',
      'periods[0].to: is not after from',
    ],
    [
      'periods:\n  - {name: a, from: 2026-10-21T00:00Z, to: 2026-10-22T00:00Z, codes: {}}\n  - {name: a, from: 2026-10-21T00:00Z, to: 2026-10-22T00:00Z, codes: {}}',
      'policy.yaml:3: periods[1].name: "a" is used twice',
    ],
    [
      'quietHours: {marketing: 9-8}',
      'quietHours.marketing: "9-8" is not allowed (allowed: a span of the day',
    ],
    ['quietHours: {marketing: "25:00-08:00"}', 'quietHours.marketing: "25:00-08:00" is not allowed'],
    ['quietHours: {spam: "21:00-08:00"}', 'quietHours.spam: unknown key (allowed: notice, personal'],
    ['quietHours: {zone: 8}', 'quietHours.zone: must be text, is the number 8 (allowed: an offset from UTC'],
    [
      'escalate: {count: 2, recipients: 3}',
      'escalate.recipients: 3 recipients cannot be reached by 2 messages',
    ],
    [
      'escalate: {within: 10}',
      'escalate.within: must be text, is the number 10 (allowed: 0, or a number with ms, s, m',
    ],
    [
      'exemptions: [{target: "京东", codes: [NO_CONSENT], until: 2026-11-12T00:00Z, by: a, why: b}]',
      'exemptions[0].target: "京东" is not allowed (allowed: <kind>:<id>',
    ],
    [
      'exemptions: [{target: "signature:", codes: [NO_CONSENT], until: 2026-11-12T00:00Z, by: a, why: b}]',
      'exemptions[0].target: "signature:" is not allowed',
    ],
    [
      'exemptions: [{target: "port:1", codes: [PORT_SUBLET, MARKETING_BURST], until: 2026-11-12T00:00Z, by: a, why: b}]',
      'exemptions[0].codes[1]: MARKETING_BURST does not apply to a port: it would exempt nothing (allowed: signature)',
    ],
    [
      'exemptions: [{target: "port:1", codes: [NO_CONSENT], until: 2026-11-12T00:00Z, by: a}]',
      'exemptions[0].why: is missing',
    ],
    [
      'codes: {MARKETING_BURST: {thresholds: {climbEvidence: 6}}}',
      'codes.MARKETING_BURST.thresholds.climbEvidence: 6 is what a single spike of ten minutes has (allowed with climbRatio 4 and climbSpread 0.5: more than 6.45 and less than 32.3)',
    ],
    [
      'codes: {MARKETING_BURST: {thresholds: {climbSpread: 1.5}}}',
      'codes.MARKETING_BURST.thresholds.climbEvidence: 8 is out of reach: no climb would be raised (allowed with climbRatio 4 and climbSpread 1.5',
    ],
    [
      'periods: [{name: a, from: 2026-10-20T00:00Z, to: 2026-10-21T00:00Z, codes: {MARKETING_BURST: {thresholds: {climbRatio: 8}}}}]',
      'periods[0].codes.MARKETING_BURST.thresholds.climbRatio: 8 is what a single spike',
    ],
    // Together they are right; from the end of the first on, the second is not.
    [
      'periods: [{name: a, from: 2026-11-01T00:00Z, to: 2026-11-10T00:00Z, codes: {MARKETING_BURST: {thresholds: {climbRatio: 8, climbEvidence: 30}}}}, {name: b, from: 2026-11-05T00:00Z, to: 2026-11-15T00:00Z, codes: {MARKETING_BURST: {thresholds: {climbEvidence: 40}}}}]',
      'periods[1].codes.MARKETING_BURST.thresholds.climbEvidence: 40 is out of reach',
    ],
    [
      'carriers: {CUCC: {codes: {MARKETING_BURST: {thresholds: {climbEvidence: 40}}}}}',
      'carriers.CUCC.codes.MARKETING_BURST.thresholds.climbEvidence: 40 is out of reach',
    ],
    ['carriers: {CUCC: {code: {}}}', 'carriers.CUCC.code: unknown key; did you mean "codes"?'],
  ])('%s', (yaml, expected) => {
    const found = faults(`${yaml}\n`)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(expected)
  })

  it('are thrown together', () => {
    expect(() => loadPolicy('/none.yaml')).toThrow(InvalidInput)
    expect(readPolicy('/none.yaml').problems).toEqual([
      { file: '/none.yaml', message: 'the file does not exist' },
    ])
  })
})
