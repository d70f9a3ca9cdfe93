import { SigwatchError } from '../domain/errors.ts'

/** One Alertmanager may take so long, ms. */
const WITHIN = 5_000
/** Alerts of one request. */
const MOST = 500

export interface AlertmanagerOptions {
  /** Base address, as http://alertmanager:9093. */
  readonly url: string
  readonly token?: string
}

/** The API of Alertmanager, version 2. */
export class Alertmanager {
  /** Host and port, for people. */
  readonly name: string
  readonly #options: AlertmanagerOptions

  constructor(options: AlertmanagerOptions) {
    this.#options = options
    this.name = new URL(options.url).host
  }

  /** Posts alerts; rejects with NOTIFY_REFUSED for any answer but 2xx, redirects included, and when none comes within 5 s. */
  async post(alerts: readonly object[], signal: AbortSignal): Promise<void> {
    const { url, token } = this.#options
    for (let from = 0; from < alerts.length; from += MOST) {
      const body = JSON.stringify(alerts.slice(from, from + MOST))
      const headers = {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      }
      const within = AbortSignal.any([signal, AbortSignal.timeout(WITHIN)])
      let status: number
      try {
        const answer = await fetch(new URL('api/v2/alerts', url.endsWith('/') ? url : `${url}/`), {
          method: 'POST',
          redirect: 'manual',
          headers,
          body,
          signal: within,
        })
        // What it says may hold anything, and is not needed.
        await answer.body?.cancel()
        status = answer.status
      } catch (error) {
        const { cause, name } = error as Error & { readonly cause?: { readonly code?: string } }
        throw new SigwatchError('NOTIFY_REFUSED', `${this.name}: ${cause?.code ?? name}`)
      }
      if (status < 200 || status > 299)
        throw new SigwatchError('NOTIFY_REFUSED', `${this.name}: answered ${status}`)
    }
  }
}
