import { SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'

/** Timeout of a request, ms. */
const WITHIN = 5_000
const MOST = 500

export interface AlertmanagerOptions {
  /** Base URL, such as http://alertmanager:9093. */
  readonly url: string
  readonly token?: string
}

/** Client of the Alertmanager API, version 2. */
export class Alertmanager {
  /** Host and port, for messages. */
  readonly name: string
  readonly #options: AlertmanagerOptions

  constructor(options: AlertmanagerOptions) {
    this.#options = options
    this.name = new URL(options.url).host
  }

  /** Posts alerts. Rejects with NOTIFY_REFUSED on any answer other than 2xx, redirects included, and on none within 5 s. */
  async post(alerts: readonly object[], signal: AbortSignal): Promise<void> {
    const { url, token } = this.#options
    for (let from = 0; from < alerts.length; from += MOST) {
      const body = JSON.stringify(alerts.slice(from, from + MOST))
      const headers = {
        'content-type': 'application/json',
        ...given({ authorization: token ? `Bearer ${token}` : undefined }),
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
        // The body is not needed and may contain anything.
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
