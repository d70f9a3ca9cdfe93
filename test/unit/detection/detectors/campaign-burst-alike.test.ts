import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { campaignBurst } from '../../../../src/detection/detectors/campaign-burst.ts'
import type { Random } from '../../../../src/offline/simulator/random.ts'
import {
  CLOTHES,
  DENTISTS,
  judged,
  NEUTRAL,
  named,
  type Part,
  play,
  TRADES,
  usual,
} from '../../../helpers/alike-play.ts'

/** Ids of the campaigns that were raised by likeness. */
const alikeIn = async (parts: readonly Part[], seed?: number, instances?: number) =>
  (await play(parts, seed, instances)).filter(({ signal }) => signal.target.id.startsWith('alike-'))

const ALL = [...TRADES, ...CLOTHES, ...NEUTRAL]
const BRANCHES = [...'东西南北中上下前后左右内外'].flatMap((side) => [`${side}城店`, `${side}街分店`])

describe('CAMPAIGN_BURST on texts that swap their words', () => {
  it.each(['gold', 'codes', 'tea', 'game', 'slim', 'decor'])(
    'is raised once where enterprises of all trades advertise %s',
    async (says) => {
      const raised = await alikeIn([{ signature: named(TRADES), enterprises: 40, says: judged(says) }])
      expect(raised).toHaveLength(1)
      const { signal, after } = raised[0]!
      expect(after).toBeLessThan(25)
      expect(signal.target).toEqual({ kind: 'campaign', id: expect.stringMatching(/^alike-[0-9a-f]{8}$/) })
      const { ports, labels } = signal.match
      expect(ports!.length).toBeGreaterThanOrEqual(12)
      expect(labels).toContain('marketing')
      const { evidence } = signal
      expect(evidence).toMatchObject({ newToIt: 0, window: 60 })
      expect(evidence.trades).toBeGreaterThanOrEqual(4)
      expect(campaignBurst.sentences.en(evidence, {} as never)).toContain('in words of their own')
      expect(campaignBurst.sentences['zh-CN'](evidence, {} as never)).toContain('措辞各异')
    },
  )

  const neutral = { signature: named(NEUTRAL), enterprises: 40 }
  it('is raised where signatures that tell no trade take up what none of them advertised before', async () => {
    const raised = await alikeIn([
      { ...neutral, says: (n) => usual(n), minutes: [-60, -5] },
      { ...neutral, says: judged('slim') },
    ])
    expect(raised).toHaveLength(1)
    expect(raised[0]!.signal.evidence.newToIt).toBeGreaterThanOrEqual(8)
  })

  it('is raised for fraud under filed names, whatever is known of them', async () => {
    const raised = await alikeIn([{ ...neutral, says: judged('gold'), label: 'fraud' }])
    expect(raised).toHaveLength(1)
  })

  const silent: readonly (readonly [string, readonly Part[]])[] = [
    ['signatures of which nothing is known', [{ ...neutral, says: judged('slim') }]],
    [
      'signatures that have always said so',
      [
        { ...neutral, says: judged('slim'), minutes: [-300, -5] },
        { ...neutral, says: judged('slim') },
      ],
    ],
    [
      'ready-made texts of a platform for shops of one trade',
      [
        { signature: named(DENTISTS), enterprises: 40, says: judged('festival'), minutes: [-60, -5] },
        { signature: named(DENTISTS), enterprises: 40, says: judged('dentist') },
      ],
    ],
    [
      'a chain with branches',
      [{ signature: (n) => `安居装饰${BRANCHES[n]}`, enterprises: 26, says: judged('decor'), each: 12 }],
    ],
    ['eleven enterprises', [{ signature: named(TRADES), enterprises: 11, says: judged('slim'), each: 20 }]],
    [
      'forty that lead nowhere',
      [
        {
          signature: named(TRADES),
          enterprises: 40,
          says: (n, random) => judged('slim')(n, random).replace(/ \w+\.\w+\/\w+ /, ''),
        },
      ],
    ],
    [
      'forty that lead to a brand',
      [
        {
          signature: named(TRADES),
          enterprises: 40,
          says: (n, random) => judged('slim')(n, random).replace(/ \w+\.\w+\/\w+ /, ' u.jd.com/a1 '),
        },
      ],
    ],
    ...['festival', 'points', 'midautumn'].map(
      (says) =>
        [
          `what any shop may say: ${says}`,
          [{ signature: named(ALL), enterprises: 60, says: judged(says) }],
        ] as const,
    ),
  ]
  it.each(silent)('is not raised for %s', async (_, parts) => {
    expect(await alikeIn(parts)).toEqual([])
  })

  const advertisements = advertisementsOf('corpus/writers')
  const anyOf = (n: number, random: Random) =>
    `${advertisements[(n * 7919 + random.int(0, 2) * 104_729) % advertisements.length]} q${random.digits(5)}.com/${random.digits(2)}`
  const doubleEleven = { signature: named(ALL), enterprises: 1500, says: anyOf, each: 3 }
  it('is not raised where 1,500 shops advertise what they please, and is for the campaign among them', async () => {
    const campaign = {
      signature: (n: number) => `${named(TRADES)(n)}部`,
      enterprises: 40,
      says: judged('tea'),
    }
    const raised = await alikeIn([doubleEleven, campaign])
    expect(raised).toHaveLength(1)
    const signatures = raised[0]!.signal.evidence.signatures as readonly string[]
    expect(signatures.filter((name) => name.endsWith('部')).length).toBe(signatures.length)
  }, 60_000)

  it('is raised once over three instances that each see a third, and under the same id after a restart', async () => {
    const part = { signature: named(TRADES), enterprises: 40, says: judged('tea'), each: 8 }
    const [together, ...more] = await alikeIn([part], 5, 3)
    expect(more).toEqual([])
    expect(together!.after).toBeLessThan(25)
    const restarted = await play([{ ...part, minutes: [0, 90] }], 5, 1, 45)
    expect(restarted.filter(({ signal }) => signal.target.id.startsWith('alike-'))).toHaveLength(1)
  })
})

/** Lawful advertisements of the corpus, without signatures, links and ways out. */
function advertisementsOf(folder: string): string[] {
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
  return lines
    .map((line) => line.split('\t') as [string, string?])
    .flatMap(([label, text]) => (text && (label === 'marketing' || label === 'finance') ? [text] : []))
    .map((text) =>
      text
        .replace(/【[^】]*】/g, '')
        .replace(/\{(?:optout|official|url|short|mobile|tel|hotline|wechat|qq)\}/g, '')
        .replace(/\{\w+\}/g, '3'),
    )
    .filter((text) => text.length > 15)
}
