import type { ArchiveReader } from '../../src/analyst/archive/reader.ts'
import type { DeskOptions } from '../../src/analyst/desk/options.ts'
import { type Desk, startDesk } from '../../src/analyst/desk/server.ts'

/** Requests to a desk as from a browser, with one session per user name. */
export interface DeskClient {
  login(name: string, token: string): Promise<void>
  /** The text of a page. */
  see(name: string, path: string): Promise<string>
  /** Submits a form with the CSRF key of the session; does not follow redirects. */
  post(name: string, path: string, fields: Readonly<Record<string, string>>): Promise<Response>
  /** The session cookie. */
  cookie(name: string): string
  get(name: string, path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
}

export function deskClient(port: () => number): DeskClient {
  const cookies = new Map<string, string>()
  const keys = new Map<string, string>()
  const url = (path: string) => `http://127.0.0.1:${port()}${path}`
  const get = (name: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(url(path), { headers: { ...headers, cookie: cookies.get(name)! }, redirect: 'manual' })
  const see = async (name: string, path: string) => (await get(name, path)).text()
  return {
    get,
    see,
    cookie: (name) => cookies.get(name)!,
    async login(name, token) {
      const entered = await fetch(url('/login'), {
        ...{ method: 'POST', body: new URLSearchParams({ token }), redirect: 'manual' },
      } as RequestInit)
      cookies.set(name, entered.headers.get('set-cookie')!.split(';')[0]!)
      keys.set(name, /name="key" value="([^"]+)"/.exec(await see(name, '/find'))![1]!)
    },
    post: (name, path, fields) =>
      fetch(url(path), {
        method: 'POST',
        headers: { cookie: cookies.get(name)! },
        body: new URLSearchParams({ ...fields, key: keys.get(name)! }),
        redirect: 'manual',
      }),
  }
}

/** Starts an English desk on a free port, without proxy and log, unless `options` say otherwise. */
export function startDeskOn(
  archive: ArchiveReader,
  options: Partial<DeskOptions> & Pick<DeskOptions, 'logins'>,
): Promise<Desk> {
  return startDesk({
    ...{ host: '127.0.0.1', port: 0, locale: 'en', archive, isTrustedProxy: () => false },
    emit: () => undefined,
    ...options,
  })
}
