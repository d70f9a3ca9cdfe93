import { createHash } from 'node:crypto'
import { given } from '../../domain/given.ts'
import type { Pack } from './pack.ts'

/** A file of a pack: name and content. */
export interface PackFile {
  readonly name: string
  readonly content: string
}

export interface ManifestInput {
  readonly pack: Pack
  readonly files: readonly PackFile[]
  /** The person who asked for the pack, and the account and host on which the command ran. */
  readonly madeBy: { readonly name: string; readonly account: string; readonly host: string }
  /** The options in force, defaults included. */
  readonly query: Readonly<Record<string, unknown>>
  readonly commit: string
  /** Hash of the registry that was read; absent if there was none. */
  readonly registry?: string
}

/** The manifest of a pack: its files with checksums, who made it, when, by which query and with which versions. */
export function manifestOf({ pack, files, madeBy, query, commit, registry }: ManifestInput): PackFile {
  const judged = pack.messages.flatMap(({ versions }) =>
    versions === undefined ? [] : [JSON.stringify({ ...versions, by: undefined })],
  )
  const content = {
    format: 1,
    ...given({ complaint: pack.complaint?.id }),
    subject: pack.subject,
    clear: pack.clear,
    madeAt: pack.madeAt,
    madeBy,
    query: { ...query, from: pack.window.from, to: pack.window.to },
    versions: {
      sigwatch: pack.version,
      commit,
      deployment: pack.deployment,
      registry,
      messagesJudgedBy: [...new Set(judged)].map((text) => JSON.parse(text) as object),
    },
    sources: pack.sources,
    files: files.map(({ name, content: text }) => ({
      name,
      bytes: Buffer.byteLength(text),
      sha256: sha256Hex(text),
    })),
  }
  return { name: manifestName(files[0]!.name), content: `${JSON.stringify(content, null, 2)}\n` }
}

/** `evidence-c-1.md` → `evidence-c-1.manifest.json` */
function manifestName(file: string): string {
  return file.replace(/\.[a-z]+$/, '.manifest.json')
}

function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
