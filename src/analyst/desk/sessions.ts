import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { HOUR } from '../../domain/time.ts'
import type { DeskRight } from '../../settings/archive-forms.ts'

/** Who may log in. */
export interface Login {
  readonly name: string
  readonly token: string
  readonly may: DeskRight
}

/** What each right holds besides reading. */
const HOLDS: Readonly<Record<DeskRight, readonly DeskRight[]>> = {
  read: [],
  judge: ['judge'],
  feedback: ['judge'],
  block: ['judge', 'block'],
  lead: ['judge', 'block', 'lead', 'audit'],
  audit: ['audit'],
}

/** Whether who is logged in has a right. */
export function may({ may: right }: Pick<Session, 'may'>, asked: DeskRight): boolean {
  return asked === 'read' || HOLDS[right].includes(asked)
}

/** Whether a person may take back what was said: their own words, or with `lead` everybody's. */
export function mayUndo(session: Session, { by }: { readonly by: string }): boolean {
  return may(session, 'judge') && (by === session.name || may(session, 'lead'))
}

export interface Session {
  readonly name: string
  readonly may: Login['may']
  /** Stands in every form: a form of another site does not know it. */
  readonly formKey: string
  readonly until: number
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

  /** The id of a new session; undefined for an unknown token. */
  open(token: string, now: number): { readonly id: string; readonly session: Session } | undefined {
    // Every token is compared, whichever fits.
    const fitting = this.#logins.filter((login) => timingSafeEqual(digest(login.token), digest(token)))
    const [login] = fitting
    if (!login) return undefined
    for (const [id, { until }] of this.#sessions)
      if (until < now || this.#sessions.size >= MOST) this.#sessions.delete(id)
    const id = randomBytes(32).toString('base64url')
    const session = {
      name: login.name,
      may: login.may,
      formKey: randomBytes(16).toString('base64url'),
      until: now + LASTS,
    }
    this.#sessions.set(id, session)
    return { id, session }
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
