import { BlockList, isIPv6 } from 'node:net'
import type { ArchiveReader } from '../analyst/archive/reader.ts'
import { startDesk } from '../analyst/desk/server.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { readSideRow } from '../pipeline/side-inputs/rows.ts'
import type { Config } from '../settings/config.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import { commandClock } from './command-clock.ts'
import { openArchiveReader } from './compose-archive.ts'
import { openFeedback } from './compose-feedback.ts'

/** A running desk. */
export interface RunningDesk {
  /** Where it is opened. */
  readonly address: string
  close(): Promise<void>
}

/** Serves the analyst's page over the archive. Rejects with CONFIG_INVALID where no login is configured. */
export async function composeDesk(config: Config, emit: Emit): Promise<RunningDesk> {
  const { host, port, tokens, trustedProxies } = config.desk
  if (!tokens)
    throw new SigwatchError(
      'CONFIG_INVALID',
      'no login is configured: give desk.tokens, a list of {name, token, may}',
    )
  const archive = await openArchiveReader(config, 'sigwatch desk')
  const writes = tokens.some(({ may }) => may === 'feedback')
  try {
    const desk = await startDesk({
      host,
      port,
      logins: tokens.map(({ name, token, may }) => ({ name, may, token: token.reveal() })),
      archive,
      locale: config.locale,
      isTrustedProxy: isOneOf(trustedProxies ?? []),
      emit,
      ...(writes
        ? {
            feedback: {
              now: () => trustedNow(config, archive),
              write: (key, row) => giveFeedback(config, key, row),
            },
          }
        : {}),
    })
    return {
      address: `http://${host}:${desk.port}/`,
      async close() {
        await desk.close()
        await archive.close()
      },
    }
  } catch (error) {
    await archive.close()
    throw error
  }
}

/** Whether an address is in one of these networks. */
function isOneOf(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const family = isIPv6(network.split('/')[0]!) ? 'ipv6' : 'ipv4'
    const [address = '', bits = family === 'ipv6' ? '128' : '32'] = network.split('/')
    list.addSubnet(address, Number(bits), family)
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** The time that the clocks of this host, of the database and, where there is one, of Redis agree on, epoch ms. */
async function trustedNow(config: Config, archive: Pick<ArchiveReader, 'now'>): Promise<number> {
  const clock = await commandClock(config)
  const after = performance.now()
  clock.observe('postgres', await archive.now(), { after, before: performance.now() })
  return clock.now()
}

async function giveFeedback(
  config: Config,
  key: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const read = readSideRow('feedback', row, canonicalNumber)
  if ('message' in read) throw new SigwatchError('USAGE', `${read.key}: ${read.message}`)
  const place = await openFeedback(config, {})
  try {
    await place.append(key, JSON.stringify(row))
  } finally {
    await place.close()
  }
}
