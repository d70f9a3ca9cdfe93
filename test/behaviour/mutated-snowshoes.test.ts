import { expect, it } from 'vitest'
import { Random } from '../../src/offline/simulator/random.ts'
import { DENTISTS, judged, NEUTRAL, named, TRADES, usual } from '../helpers/alike-play.ts'
import { type EmbeddedInput, embedded, HOUR, MINUTE, NOON, type Sms } from '../helpers/embedded.ts'
import { useFolder } from '../helpers/jsonl.ts'
import { recipient } from './fixtures/registry.ts'

/** Enterprises on their own filed ports, each below its own limits. */
interface Course {
  readonly does: string
  readonly signature: (n: number) => string
  readonly says: (n: number, random: Random) => string
  /** What the n-th advertised in the hour before. */
  readonly before?: (n: number, random: Random) => string
  readonly raised: boolean
}

const ENTERPRISES = 40
const EACH = 5

const COURSES: readonly Course[] = [
  {
    does: 'what names of all trades advertise in the same hour',
    signature: named(TRADES),
    says: judged('slim'),
    raised: true,
  },
  {
    does: 'what none of its signatures advertised before',
    signature: named(NEUTRAL),
    says: judged('tea'),
    before: usual,
    raised: true,
  },
  {
    does: 'ready-made texts of a platform for dentists',
    signature: named(DENTISTS),
    says: judged('dentist'),
    raised: false,
  },
]

function inputOf({ signature, says, before }: Course): EmbeddedInput {
  const random = new Random(23)
  const messages: Sms[] = []
  const signatures: object[] = []
  for (let n = 0; n < ENTERPRISES; n++) {
    const name = signature(n)
    const port = `10692${String(n).padStart(5, '0')}`
    signatures.push({ name, ports: [`${port}*`], scope: ['notice', 'marketing', 'finance'] })
    const send = (id: string, from: number, minutes: number, text: string) => {
      const ts = from + Math.floor(random.next() * minutes * MINUTE)
      const to = recipient(messages.length)
      messages.push({
        id: `${id}-${n}-${messages.length}`,
        ts,
        from: `${port}01`,
        to,
        text: `【${name}】${text} 退订回T`,
      })
    }
    for (let k = 0; before && k < EACH; k++) send('before', NOON - HOUR, 50, before(n, random))
    for (let k = 0; k < EACH; k++) send('campaign', NOON, 40, says(n, random))
  }
  const sorted = messages.toSorted((a, b) => Number(a.ts) - Number(b.ts))
  return { messages: sorted, registry: { signatures }, now: NOON + HOUR }
}

const folder = useFolder()

it.each(COURSES)(
  'CAMPAIGN_BURST finds by likeness $does: $raised',
  async (course) => {
    const out = await embedded(folder.path, inputOf(course))
    const states = out.states('CAMPAIGN_BURST')
    const raised = states.filter(({ type }) => type === 'sigwatch.alert.raised')
    expect(raised.map(({ data }) => data.target.id)).toEqual(
      course.raised ? [expect.stringMatching(/^alike-[0-9a-f]{8}$/)] : [],
    )
    const [first] = raised
    if (first === undefined) return
    expect((Date.parse(first.time) - NOON) / MINUTE).toBeLessThan(25)
    const { id } = first.data.state!
    const covered = [...out.verdicts.values()].filter((verdict) => verdict.states.includes(id))
    expect(covered.length).toBeGreaterThan((ENTERPRISES * EACH) / 4)
    // The same input is judged the same again.
    const again = await embedded(folder.path, inputOf(course))
    expect(again.states('CAMPAIGN_BURST').map(({ id }) => id)).toEqual(states.map(({ id }) => id))
  },
  180_000,
)
