import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { KafkaLogin, KafkaTls } from '../adapters/kafka/client-settings.ts'
import type { Emit, Service } from '../domain/events.ts'
import { stampOf } from '../settings/file-stamp.ts'
import { FileSecret, type Secret } from '../settings/secret.ts'
import { messageOf } from './file-watch.ts'

const NAMES = ['ca', 'cert', 'key'] as const
type Name = (typeof NAMES)[number]
type Pems = Readonly<Record<Name, Secret | null>>
type Texts = Readonly<Partial<Record<Name, string>>>

/**
 * PEM texts of the TLS settings; missing ones are left to the system defaults. Clients read the members for each connection they
 * open, and files that have changed are read again then. Files that cannot be read, are incomplete or do not fit together, as when
 * only one of them has been renewed, are refused, and those in use stay.
 */
export function freshTls(pems: Pems, service: Service, emit: Emit): KafkaTls {
  const names = NAMES.filter((name) => pems[name] !== null)
  const files = names.flatMap((name) => fileOf(pems[name]) ?? [])
  const read = (from: (pem: Secret) => string): Texts =>
    Object.fromEntries(names.map((name) => [name, from(pems[name]!)]))
  let held = read((pem) => pem.reveal())
  let [taken, refused, reported] = ['', '', '']
  const refuse = (stamp: string, error: unknown) => {
    if (stamp !== reported) emit({ name: 'certificates_refused', service, reason: messageOf(error) })
    reported = stamp
  }
  const accept = (isNews: boolean) => {
    if (isNews || reported !== '') emit({ name: 'certificates_loaded', service })
    refused = ''
    reported = ''
  }
  const refresh = () => {
    const stamp = stampOf(files)
    if (stamp === refused) return
    if (stamp === taken) return accept(false)
    let next: Texts
    try {
      next = read(present)
    } catch (error) {
      // Read again at the next connection: the rights of a folder on the way may change, and the stamp stays the same.
      refuse(stamp, error)
      return
    }
    try {
      for (const name of names) checkPem(name, next[name]!)
      createSecureContext(next)
    } catch (error) {
      refused = stamp
      refuse(stamp, error)
      return
    }
    const isNews = names.some((name) => next[name]!.trim() !== held[name]!.trim())
    held = next
    taken = stamp
    accept(isNews)
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

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

/** Throws if a text has no PEM block or an incomplete one, as in a file that is being written: Node.js would ignore the rest. */
function checkPem(name: Name, text: string): void {
  const blocks = [...text.matchAll(PEM_BLOCK)]
  if (blocks.length === 0) throw new Error(`the file of ${name} has no complete PEM block`)
  if (text.replaceAll(PEM_BLOCK, '').includes('-----')) throw new Error(`the file of ${name} is incomplete`)
  for (const [block, kind] of blocks) if (kind === 'CERTIFICATE') new X509Certificate(block)
}

type Login = Extract<KafkaLogin, { readonly password: string }>

/** A login whose password is read again from its file for each connection. */
export function freshLogin(login: Omit<Login, 'password'>, password: Secret | null): Login {
  let held = password?.reveal() ?? ''
  return {
    ...login,
    get password() {
      try {
        const next = password ? present(password).replace(/\r?\n$/, '') : ''
        // An empty file is being written.
        if (next !== '') held = next
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
