import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { KafkaLogin, KafkaTls } from '../adapters/kafka/client-settings.ts'
import type { Emit, Service } from '../domain/events.ts'
import { stampOf } from '../settings/file-stamp.ts'
import { FileSecret, type Secret } from '../settings/secret.ts'
import { messageOf } from './file-watch.ts'

const NAMES = ['ca', 'cert', 'key'] as const
type Pems = Readonly<Record<(typeof NAMES)[number], Secret | null>>

/**
 * PEM texts of the TLS settings; missing ones are left to the system defaults. Clients read the members for each connection they
 * open, and files that have changed are read again then. Files that cannot be read or do not fit together, as when only one of
 * them has been renewed, are refused, and those in use stay.
 */
export function freshTls(pems: Pems, service: Service, emit: Emit): KafkaTls {
  const names = NAMES.filter((name) => pems[name] !== null)
  const files = names.flatMap((name) => fileOf(pems[name]) ?? [])
  const read = (from: (pem: Secret) => string) =>
    Object.fromEntries(names.map((name) => [name, from(pems[name]!)]))
  let held = read((pem) => pem.reveal())
  let [taken, refused] = ['', '']
  const refresh = () => {
    const stamp = stampOf(files)
    if (stamp === taken || stamp === refused) return
    try {
      const next = read(present)
      createSecureContext(next)
      // An empty key, for one, would be taken for none.
      const unwritten = names.find((name) => !next[name]!.includes('-----BEGIN'))
      if (unwritten !== undefined) throw new Error(`the file of ${unwritten} holds no PEM`)
      const isNews = names.some((name) => next[name]!.trim() !== held[name]!.trim())
      held = next
      taken = stamp
      refused = ''
      if (isNews) emit({ name: 'certificates_loaded', service })
    } catch (error) {
      refused = stamp
      emit({ name: 'certificates_refused', service, reason: messageOf(error) })
    }
  }
  const tls: KafkaTls = {}
  for (const [i, name] of names.entries())
    Object.defineProperty(tls, name, {
      enumerable: true,
      get() {
        // Once for each connection, so that certificate and key belong together.
        if (i === 0 && files.length > 0) refresh()
        return held[name]
      },
    })
  return tls
}

type Login = Extract<KafkaLogin, { readonly password: string }>

/** A login whose password is read again from its file for each connection. */
export function freshLogin(login: Omit<Login, 'password'>, password: Secret | null): Login {
  let held = password?.reveal() ?? ''
  return {
    ...login,
    get password() {
      try {
        held = password ? present(password).replace(/\r?\n$/, '') : ''
      } catch {
        // The file is being replaced: the broker tells whether the one before is still right.
      }
      return held
    },
  }
}

function fileOf(secret: Secret | null): string | undefined {
  return secret instanceof FileSecret ? secret.file : undefined
}

/** The value as it is now. */
function present(secret: Secret): string {
  const file = fileOf(secret)
  return file === undefined ? secret.reveal() : readFileSync(file, 'utf8')
}
