import { timingSafeEqual } from 'node:crypto'
import { InvalidInput } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { stampOf } from '../settings/file-stamp.ts'
import type { HttpRight, HttpToken } from '../settings/http-forms.ts'
import { digest } from './telemetry/http-body.ts'

/** Between two looks at the files, ms. */
const CHECK_EVERY = 5_000

/** Who may ask and order over HTTP. The list is exchanged whole when it is read again. */
export class HttpTokenBook {
  #entries: readonly { readonly name: string; readonly may: readonly HttpRight[]; readonly digest: Buffer }[]
  #timer: NodeJS.Timeout | undefined
  #reread: (() => void) | undefined

  constructor(tokens: readonly HttpToken[]) {
    this.#entries = entriesOf(tokens)
  }

  /** Whether any token has the right. */
  grants(right: HttpRight): boolean {
    return this.#entries.some(({ may }) => may.includes(right))
  }

  /** Who shows this token; undefined: unknown. Takes the same time whichever it is. */
  holderOf(token: string): { readonly name: string; readonly may: readonly HttpRight[] } | undefined {
    const given = digest(token)
    let found: { readonly name: string; readonly may: readonly HttpRight[] } | undefined
    for (const entry of this.#entries) if (timingSafeEqual(given, entry.digest)) found = entry
    return found
  }

  replace(tokens: readonly HttpToken[]): void {
    this.#entries = entriesOf(tokens)
  }

  /** Reads the list again on SIGHUP, and when one of the files changes; what is wrong is refused, and the old one stays. */
  follow(read: () => readonly HttpToken[], files: readonly string[], emit: Emit): void {
    let stamp = stampOf(files)
    this.#reread = () => {
      stamp = stampOf(files)
      try {
        this.replace(read())
      } catch (error) {
        const reason = error instanceof InvalidInput ? error.message : 'the configuration cannot be read'
        emit({ name: 'reload_refused', what: 'tokens', reason })
      }
    }
    process.on('SIGHUP', this.#reread)
    this.#timer = setInterval(() => {
      if (stampOf(files) !== stamp) this.#reread?.()
    }, CHECK_EVERY)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#reread) process.off('SIGHUP', this.#reread)
  }
}

function entriesOf(tokens: readonly HttpToken[]) {
  return tokens.map(({ name, token, may }) => ({ name, may, digest: digest(token.reveal()) }))
}
