import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { HOUR } from '../../domain/time.ts'
import type { DeskRight, DeskRights } from '../../settings/archive-forms.ts'

/** Who may log in. */
export interface Login {
  readonly name: string
  readonly token: string
  readonly may: DeskRights
  /** Logged in at the OpenID provider. */
  readonly isOfProvider?: boolean
}

/** What each right holds besides reading. */
const HOLDS: Readonly<Record<DeskRight, readonly DeskRight[]>> = {
  read: [],
  judge: ['judge'],
  feedback: ['judge'],
  block: ['judge', 'block'],
  lead: ['judge', 'block', 'lead', 'audit'],
  audit: ['audit'],
  number: ['number'],
}

/** Whether who is logged in has a right. */
export function may({ may: rights }: Pick<Session, 'may'>, asked: DeskRight): boolean {
  return asked === 'read' || [rights].flat().some((right) => HOLDS[right].includes(asked))
}

/** Whether a person may take back what was said: their own words, or with `lead` everybody's. */
export function mayUndo(session: Session, { by }: { readonly by: string }): boolean {
  return may(session, 'judge') && (by === session.name || may(session, 'lead'))
}

export interface Session extends Omit<Login, 'token'> {
  /** Stands in every form: a form of another site does not know it. */
  readonly formKey: string
  readonly until: number
  /** Of the client that asks now. */
  readonly address?: string
}

const LASTS = 8 * HOUR
const MOST = 1000

/** Who is logged in, in memory: a restart logs everybody out. Times are monotonic, ms: a clock that is set ends no session. */
export class Sessions {
  readonly #logins: readonly Login[]
  readonly #sessions = new Map<string, Session>()

  constructor(logins: readonly Login[]) {
    this.#logins = logins
  }

  /** The person whose token it is; undefined: it is unknown. */
  holderOf(token: string): Omit<Login, 'token'> | undefined {
    // Every token is compared, whichever fits.
    const fitting = this.#logins.filter((login) => timingSafeEqual(digest(login.token), digest(token)))
    const [login] = fitting
    return login && { name: login.name, may: login.may }
  }

  /** The id of a new session. */
  start(login: Omit<Login, 'token'>, now: number): string {
    for (const [id, { until }] of this.#sessions)
      if (until < now || this.#sessions.size >= MOST) this.#sessions.delete(id)
    const id = randomBytes(32).toString('base64url')
    const formKey = randomBytes(16).toString('base64url')
    this.#sessions.set(id, { ...login, formKey, until: now + LASTS })
    return id
  }

  find(id: string | undefined, now: number): Session | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id)
    return session && session.until >= now ? session : undefined
  }

  close(id: string | undefined): void {
    if (id !== undefined) this.#sessions.delete(id)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
