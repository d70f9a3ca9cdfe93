import { setting } from './setting.ts'
import { choice, text } from './setting-forms.ts'

/** What `sigwatch blocker` needs besides brokers, Redis and tokens. */
export const BLOCKER_SETTINGS = {
  'blocker.listen': setting(
    text(
      'host:port, or the path of a Unix socket that begins with /',
      /^(?:\/.{1,100}|(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5})$/,
    ),
    '127.0.0.1:9466',
    'Where `sigwatch blocker` answers `POST /v1/decide` ([blocker.md](blocker.md)): `host:port`, or the path of a Unix socket.',
  ),
  'blocker.failure': setting(
    choice(['open', 'closed']),
    'open',
    'What the blocker answers before it has read its table, and once the brokers have been silent for two minutes: `open` lets through what it does not know, `closed` keeps everything back.',
  ),
  'blocker.throttle': setting(
    choice(['global', 'instance']),
    'global',
    'Over what a throttle counts: all blockers of the deployment, which needs Redis, or each instance by itself.',
  ),
} as const
