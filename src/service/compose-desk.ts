import { BlockList, isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { OidcProvider } from '../adapters/oidc/provider.ts'
import type { ArchiveReader } from '../analyst/archive/reader.ts'
import type { DeskOptions, FeedbackWriter } from '../analyst/desk/options.ts'
import type { ProviderLogins } from '../analyst/desk/provider-login.ts'
import { startDesk } from '../analyst/desk/server.ts'
import { may } from '../analyst/desk/sessions.ts'
import { loadCalendar, WEEKENDS_ONLY } from '../analyst/words/calendar.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import { MINUTE, SECOND } from '../domain/time.ts'
import { createTokeniser } from '../domain/token.ts'
import type { Config } from '../settings/config.ts'
import { revealed } from '../settings/secret.ts'
import { commandClock } from './command-clock.ts'
import { needLogins } from './command-needs.ts'
import { openArchiveReader } from './compose-archive.ts'
import { type FeedbackPlace, openFeedback, takesFeedback } from './compose-feedback.ts'
import { canPrint, printPdf } from './print-pdf.ts'

export interface RunningDesk {
  /** The address to open in a browser. */
  readonly address: string
  close(): Promise<void>
}

/** Serves the desk, the analysts' web interface to the archive. Rejects with CONFIG_INVALID if no login is configured. */
export async function composeDesk(config: Config, emit: Emit, stopping?: AbortSignal): Promise<RunningDesk> {
  needLogins(config)
  const { host, port, tokens, trustedProxies, oidc } = config.desk
  const provider = providerOf(oidc, () => archive.now())
  const logins = (tokens ?? []).map(({ name, token, may }) => ({ name, may, token: token.reveal() }))
  const archive = await openArchive(config, emit, stopping)
  const rights = [...logins.map(({ may: all }) => all), ...Object.values(provider?.rights ?? {})]
  const writes = rights.some((all) => may({ may: all }, 'judge'))
  const line = writes && takesFeedback(config) ? new FeedbackLine(config) : undefined
  if (writes && !line)
    emit({
      name: 'warning',
      message: 'feedback cannot be given: kafka.topics.feedback is off, or no file is configured',
    })
  if (!config.privacy.tokenKey && rights.some((all) => may({ may: all }, 'number')))
    emit({ name: 'warning', message: 'search by number is off: privacy.tokenKey is not set' })
  const feedback: FeedbackWriter | undefined = line && {
    now: () => trustedNow(config, archive),
    write: (key, row) => line.append(key, JSON.stringify(row), row.ts),
  }
  try {
    const desk = await startDesk({
      host,
      port,
      logins,
      archive,
      locale: config.locale,
      isTrustedProxy: isOneOf(trustedProxies ?? []),
      emit,
      letters: { ...config.letters, letterhead: config.letters.letterhead ?? [] },
      calendar: config.desk.calendar === null ? WEEKENDS_ONLY : loadCalendar(config.desk.calendar),
      printPdf: oneByOne,
      ...given({
        provider,
        feedback,
        numberTokens: numberTokensOf(config.privacy),
        answers: config.kafka.topics.feedbackResults ?? undefined,
      }),
    })
    return {
      address: `http://${host}:${desk.port}/`,
      async close() {
        await desk.close()
        await line?.close()
        await archive.close()
      },
    }
  } catch (error) {
    await archive.close()
    throw error
  }
}

/** Waits up to a minute for a database that is away when the desk starts. */
async function openArchive(config: Config, emit: Emit, signal?: AbortSignal): Promise<ArchiveReader> {
  const until = performance.now() + MINUTE
  for (let isTold = false; ; isTold = true) {
    try {
      return await openArchiveReader(config, 'sigwatch desk')
    } catch (error) {
      const isAway = error instanceof SigwatchError && error.code === 'ARCHIVE_UNREACHABLE'
      if (!isAway || signal?.aborted || performance.now() > until) throw error
      if (!isTold) emit({ name: 'warning', message: `waiting a minute for the archive: ${error.message}` })
      await sleep(SECOND, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** The OpenID Connect provider, or undefined if only tokens are configured. */
function providerOf(oidc: Config['desk']['oidc'], now: () => Promise<number>): ProviderLogins | undefined {
  const { issuer, clientId, clientSecret, url, rights, name, claim, scope } = oidc
  if (issuer === null || clientId === null || clientSecret === null || url === null || rights === null)
    return undefined
  const home = url.endsWith('/') ? url : `${url}/`
  const client = { issuer, clientId, clientSecret: clientSecret.reveal(), scope, claims: [name, claim], now }
  return {
    ...{ name, claim, rights, host: new URL(issuer).host, isSecure: home.startsWith('https:') },
    provider: new OidcProvider({ ...client, redirectUri: `${home}login/callback`, homeUri: home }),
  }
}

/** Computes the tokens of a number under all keys; undefined if no key is configured. */
function numberTokensOf({ tokenKey, previousTokenKeys }: Config['privacy']): DeskOptions['numberTokens'] {
  if (!tokenKey) return undefined
  const all = [tokenKey, ...(previousTokenKeys ?? [])].map((key) => createTokeniser(revealed(key)))
  return (canonical) => all.map((tokenise) => tokenise(canonical))
}

let printing: Promise<unknown> = Promise.resolve()

/** Prints pages one at a time: each needs a browser's worth of memory. */
function oneByOne(page: string): Promise<Buffer | undefined> {
  const printed = printing.then(() => (canPrint() ? printPdf(page) : undefined))
  printing = printed.catch(() => undefined)
  return printed
}

/** Returns a check for whether an address belongs to one of these networks. */
function isOneOf(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const family = isIPv6(network.split('/')[0]!) ? 'ipv6' : 'ipv4'
    const [address = '', bits = family === 'ipv6' ? '128' : '32'] = network.split('/')
    list.addSubnet(address, Number(bits), family)
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** The time on which the clocks of the host, the database and, if configured, Redis agree, epoch ms. */
async function trustedNow(config: Config, archive: Pick<ArchiveReader, 'now'>): Promise<number> {
  const clock = await commandClock(config)
  const after = performance.now()
  clock.observe('postgres', await archive.now(), { after, before: performance.now() })
  return clock.now()
}

/** How long an idle connection is kept for the next feedback row, ms. `openFeedback` limits a connection to 30 s. */
const KEPT = 5_000
const OLDEST = 20_000

/** The connection that feedback is written to, opened on demand. */
class FeedbackLine {
  readonly #config: Config
  #open: { readonly place: Promise<FeedbackPlace>; readonly at: number } | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(config: Config) {
    this.#config = config
  }

  async append(key: string, row: string, at: number): Promise<void> {
    clearTimeout(this.#idle)
    if (this.#open && performance.now() - this.#open.at > OLDEST) await this.close()
    this.#open ??= { place: openFeedback(this.#config, {}), at: performance.now() }
    const { place } = this.#open
    try {
      await (await place).append(key, row, at)
    } catch (error) {
      await this.close()
      throw error
    }
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.close(), KEPT).unref()
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const open = this.#open
    this.#open = undefined
    await open?.place.then((place) => place.close()).catch(() => undefined)
  }
}
