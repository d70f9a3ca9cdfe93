import { createHash } from 'node:crypto'
import type { Code } from './codes.ts'
import type { Mode, Target } from './decision.ts'

/**
 * First 32 hex digits of SHA-256 over the parts, each as UTF-8 prefixed with its length (4 bytes, big endian), so that ("ab",
 * "c") and ("a", "bc") differ. Numbers are hashed in decimal form.
 */
export function hashOf(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256')
  const length = Buffer.allocUnsafe(4)
  for (const part of parts) {
    const bytes = Buffer.from(String(part), 'utf8')
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  return hash.digest('hex').slice(0, 32)
}

/** SHA-256 of a text. Digests have equal length, so that comparing them does not reveal the length of a token. */
export function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest()
}

/** First 48 bits of SHA-256. */
export function hash48(text: string | Buffer): number {
  return digest(text).readUIntBE(0, 6)
}

/** Whether a text has the form of an id made by `hashOf`. */
export function isHash(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}

/** Id of a message alert: the same for every delivery of the message, regardless of its reasons. */
export function messageAlertId(deployment: string, messageId: string, mode: Mode): string {
  return hashOf(deployment, messageId, mode)
}

/** Id of a state (one code on one target), the same from raise to clear and in every episode. */
export function stateId(deployment: string, code: Code, target: Target): string {
  return hashOf(deployment, code, target.kind, target.id)
}

/** Id of one event of a state. */
export function stateAlertId(id: string, episode: number, revision: number): string {
  return hashOf(id, episode, revision)
}
