import { InvalidInput, SigwatchError } from '../domain/errors.ts'
import type { TokenKey } from '../domain/token.ts'
import type { Config } from '../settings/config.ts'
import { revealed } from '../settings/secret.ts'

/** Throws USAGE. */
export function needBrokers({ kafka }: Pick<Config, 'kafka'>): void {
  if (!kafka.brokers)
    throw new SigwatchError(
      'USAGE',
      'no brokers: set KAFKA_BROKERS (or kafka.brokers), for example 127.0.0.1:9092',
    )
}

/** The configured database URL. Throws CONFIG_INVALID if there is none. */
export function archiveUrlOf({ archive }: Config): string {
  if (archive.url) return archive.url.reveal()
  const message =
    'no database: give --database, or set SIGWATCH_ARCHIVE_URL (or archive.url), for example postgres://sigwatch@127.0.0.1/sigwatch'
  throw new SigwatchError('CONFIG_INVALID', message)
}

/** The token key of the deployment. Throws CONFIG_INVALID if there is none. */
export function tokenKeyOf({ privacy: { tokenKey } }: Pick<Config, 'privacy'>): TokenKey {
  if (tokenKey) return revealed(tokenKey)
  throw new SigwatchError('CONFIG_INVALID', 'privacy.tokenKey is required: that of the service')
}

/** Throws SigwatchError for settings that a blocker cannot start with. Called at startup and when the configuration is reloaded. */
export function needBlocker(config: Config): void {
  needBrokers(config)
  tokenKeyOf(config)
  if (config.http.tokens?.some(({ may }) => may.includes('decide'))) return
  throw missing(
    'http.tokens',
    'no token may decide: give http.tokens, for example [{name: gateway, token: <openssl rand -hex 32>, may: [decide]}]',
  )
}

/** Throws CONFIG_INVALID unless the desk has a login. */
export function needLogins({ desk }: Config): void {
  if (desk.tokens === null && desk.oidc.issuer === null)
    throw new SigwatchError(
      'CONFIG_INVALID',
      'no login is configured: give desk.tokens, a list of {name, token, may}, or desk.oidc',
    )
}

/** The configured Alertmanagers. Throws CONFIG_INVALID without one. */
export function alertmanagersOf({ notify }: Config): readonly string[] {
  if (notify.alertmanagers) return notify.alertmanagers
  throw missing(
    'notify.alertmanagers',
    'is missing: name an Alertmanager, for example [http://127.0.0.1:9093]',
  )
}

function missing(key: string, message: string): InvalidInput {
  return new InvalidInput('CONFIG_INVALID', [{ file: 'configuration', key, message }])
}
