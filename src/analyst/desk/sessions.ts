import { randomBytes, timingSafeEqual } from 'node:crypto'
import { digest } from '../../domain/hash.ts'
import { HOUR } from '../../domain/time.ts'
import type { DeskRight, DeskRights } from '../../settings/token-forms.ts'

/** A user who may log in. */
export interface Login {
  readonly name: string
  readonly token: string
  readonly may: DeskRights
  /** Whether the user logged in through the OpenID provider. */
  readonly isOfProvider?: boolean
}

/** Rights implied by each right, in addition to reading. */
const HOLDS: Readonly<Record<DeskRight, readonly DeskRight[]>> = {
  read: [],
  judge: ['judge'],
  feedback: ['judge'],
  block: ['judge', 'block'],
  lead: ['judge', 'block', 'lead', 'audit'],
  audit: ['audit'],
  number: ['number'],
}

export function may({ may: rights }: Pick<Session, 'may'>, asked: DeskRight): boolean {
  return asked === 'read' || [rights].flat().some((right) => HOLDS[right].includes(asked))
}

/** Whether a user may undo feedback: their own, or with `lead` that of anyone. */
export function mayUndo(session: Session, { by }: { readonly by: string }): boolean {
  return may(session, 'judge') && (by === session.name || may(session, 'lead'))
}

export interface Session extends Omit<Login, 'token'> {
  /** CSRF token, part of every form. It names the person, so that it tells whose form it is after the session has ended. */
  readonly formKey: string
  readonly until: number
  /** Address of the client making the current request. */
  readonly address?: string
}

const LASTS = 8 * HOUR
const MOST = 1000

/** Sessions in memory; a restart ends them all. Times are monotonic ms, so setting the clock does not end a session. */
export class Sessions {
  readonly #logins: readonly Login[]
  readonly #sessions = new Map<string, Session>()

  constructor(logins: readonly Login[]) {
    this.#logins = logins
  }

  /** The holder of a token, or undefined if it is unknown. */
  holderOf(token: string): Omit<Login, 'token'> | undefined {
    // Compares all tokens, so that the time does not depend on which one matches.
    const fitting = this.#logins.filter((login) => timingSafeEqual(digest(login.token), digest(token)))
    const [login] = fitting
    return login && { name: login.name, may: login.may }
  }

  start(login: Omit<Login, 'token'>, now: number): string {
    for (const [id, { until }] of this.#sessions)
      if (until < now || this.#sessions.size >= MOST) this.#sessions.delete(id)
    const id = randomBytes(32).toString('base64url')
    const formKey = `${randomBytes(16).toString('base64url')}.${Buffer.from(login.name).toString('base64url')}`
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

/** The name of the person whose form has this key. */
export function ownerOf(formKey: string): string {
  return Buffer.from(formKey.split('.')[1] ?? '', 'base64url').toString()
}
