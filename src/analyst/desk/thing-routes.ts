import { DAY, HOUR, MINUTE } from '../../domain/time.ts'
import { stepsOf } from '../archive/curves.ts'
import { type Thing, thingOf } from '../archive/things.ts'
import type { Answer, Asked } from './answers.ts'
import { LONGEST_VALUE } from './pages.ts'
import { decoded, rangeOf, timeOf } from './requests.ts'
import type { RouteParts } from './route-parts.ts'
import { THING_KINDS, thingPath } from './tables.ts'
import { thingPage } from './thing-page.ts'

/** Default period of a page, days. */
const DAYS = 30
/** Search field for each kind of thing that can be searched for. */
const FIELDS = {
  signature: 'signature',
  port: 'port',
  domain: 'domain',
  campaign: 'campaign',
  recipient: 'token',
} as const

/** The pages of things. A recipient's page has a sealed address, so that it contains no token. */
export class ThingRoutes {
  readonly #parts: RouteParts

  constructor(parts: RouteParts) {
    this.#parts = parts
  }

  serves(path: string): boolean {
    const [, kind, name] = path.split('/')
    return name !== undefined && [...THING_KINDS, 'recipient'].some((one) => one === kind)
  }

  /** Rejects with the errors of the archive. */
  async page(asked: Asked): Promise<Answer> {
    const { session, query, path } = asked
    const { speech, options, seals } = this.#parts
    const { archive } = options
    const [, kind = '', part = ''] = path.split('/')
    const thing = kind === 'recipient' ? this.#recipient(part, asked) : this.#named(kind, part)
    if (thing === 'person') return this.#parts.refuse(asked, 400, 'notInAddress')
    if (!thing) return this.#parts.refuse(asked, 404, 'noThing')
    const now = Math.ceil(asked.now / MINUTE) * MINUTE
    const from = timeOf(query.get('from')) ?? now - DAYS * DAY
    const to = Math.max(timeOf(query.get('to')) ?? now, from + HOUR)
    await archive.note(session, 'thing', `${thing.kind}: ${thing.name}, ${rangeOf(from, to)}`)
    const found = await thingOf(archive.ask, thing, stepsOf(from, to, HOUR))
    const field = Object.hasOwn(FIELDS, thing.kind) ? FIELDS[thing.kind as keyof typeof FIELDS] : undefined
    const searchPath = field && seals.pathOf({ field, value: thing.name, from, to }, session)
    return {
      status: 200,
      body: thingPage(session, speech, found, { path, from, to, now, ...(searchPath && { searchPath }) }),
    }
  }

  #named(kind: string, part: string): Thing | 'person' | undefined {
    const name = decoded(part)
    const known = THING_KINDS.find((one) => one === kind)
    if (!known || !name || name.length > LONGEST_VALUE) return undefined
    return thingPath(known, name) === undefined ? 'person' : { kind: known, name }
  }

  /** Opens a sealed token. Plain tokens are refused, because they would be visible in the address. */
  #recipient(part: string, { session }: Asked): Thing | 'person' | undefined {
    const opened = this.#parts.seals.open(part, session)
    if (opened?.field === 'token') return { kind: 'recipient', name: opened.value }
    return /^[\w-]{1,32}\.[\w-]{22}$/.test(decoded(part) ?? '') ? 'person' : undefined
  }
}
