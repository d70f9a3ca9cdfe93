import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { jsonOf } from '../../domain/json.ts'

/** A body that is refused is read and dropped up to so many bytes, so that its sender gets the response. */
const MAX_DROPPED = 8_000_000

/** What `Authorization: Bearer` carries; empty: nothing. */
export function bearerOf({ headers }: IncomingMessage): string {
  const [, given = ''] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  return given
}

/** Of the same length whatever was given: a comparison tells nothing of the token. */
export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** undefined: no JSON. */
export function parsedJson(body: Buffer): unknown {
  return isUtf8(body) ? jsonOf(body) : undefined
}

/**
 * The body when it is whole and has at most `most` bytes, else undefined; what is longer is dropped as it comes. Resolves
 * when it has ended, or its sender has gone, or sends too much even to be dropped.
 */
export function bodyOf(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_DROPPED) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    let chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= most) chunks.push(chunk)
      else chunks = []
      if (bytes > MAX_DROPPED) {
        request.pause()
        resolve(undefined)
      }
    })
    request.once('end', () => resolve(bytes <= most ? Buffer.concat(chunks) : undefined))
    request.once('close', () => resolve(undefined))
    request.once('error', () => resolve(undefined))
  })
}
