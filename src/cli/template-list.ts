import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SigwatchError } from '../domain/errors.ts'
import { jsonOf } from '../domain/json.ts'
import type { Template } from '../domain/templates.ts'
import { LIST_NAME, readTemplateRow, templateRow } from '../pipeline/side-inputs/template-rows.ts'

const KIND = 'sigwatch-templates'

/**
 * Serialises a list of templates as JSONL: a header, the rows without their confirmations, and a last line with the Ed25519
 * signature of everything before it.
 */
export function writtenList(
  templates: readonly Template[],
  { name, at, key }: { readonly name: string; readonly at: number; readonly key: KeyObject },
): string {
  const head = JSON.stringify({
    kind: KIND,
    list: name,
    at: new Date(at).toISOString(),
    rows: templates.length,
  })
  const rows = templates.map((template) => templateRow({ ...template, confirmations: [], source: name }))
  const signed = `${[head, ...rows].join('\n')}\n`
  const signature = sign(null, Buffer.from(signed), key).toString('base64')
  return `${signed}${JSON.stringify({ signature })}\n`
}

/**
 * Parses and verifies a list; its rows have no confirmations. Throws TEMPLATES_INVALID if the signature does not match, the list is
 * truncated, a row is invalid, or a time is after `latest` (epoch ms).
 */
export function readList(
  text: string,
  { file, key, latest }: { readonly file: string; readonly key: KeyObject; readonly latest: number },
): { readonly name: string; readonly templates: readonly Template[] } {
  const fail = (message: string) => new SigwatchError('TEMPLATES_INVALID', `${file}: ${message}`)
  const end = text.lastIndexOf('\n', text.length - 2) + 1
  const [signed, last] = [text.slice(0, end), text.slice(end)]
  const signature = jsonOf<{ signature?: unknown } | null>(last)?.signature
  if (typeof signature !== 'string')
    throw fail('the last line has no signature: the list is truncated, or was never signed')
  if (!verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64')))
    throw fail('the signature does not fit: the list was changed, or signed with another key')
  const [head, ...rows] = signed
    .split('\n')
    .slice(0, -1)
    .map((line) => jsonOf(line))
  const { kind, list, at } = (head ?? {}) as { kind?: unknown; list?: unknown; at?: unknown }
  if (kind !== KIND || typeof list !== 'string' || !LIST_NAME.test(list))
    throw fail('line 1: is not the header of a list of templates')
  if (!(Date.parse(String(at)) <= latest))
    throw fail('line 1: at is in the future: check the clocks of the writer and of this host')
  const templates = rows.map((row, i) => {
    const read = readTemplateRow(row, latest)
    if ('message' in read) throw fail(`line ${i + 2}: ${read.message}`)
    return { ...read, confirmations: [], source: list }
  })
  return { name: list, templates }
}

/** Reads an Ed25519 key from a PEM file. Throws USAGE for anything else. */
export function readKey(file: string, kind: 'private' | 'public'): KeyObject {
  const help =
    kind === 'private'
      ? 'make one: openssl genpkey -algorithm ed25519 -out key.pem'
      : 'make one of the private key: openssl pkey -in key.pem -pubout -out key.pub.pem'
  let key: KeyObject
  try {
    const pem = readFileSync(file)
    key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read'
    throw new SigwatchError('USAGE', `--key ${file}: the ${kind} key ${why}; ${help}`)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new SigwatchError('USAGE', `--key ${file}: is not an Ed25519 key; ${help}`)
  return key
}
