import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { jsonOf } from '../../domain/json.ts'

/** A refused body is read and discarded up to this many bytes, so that the client gets the response. */
const MAX_DROPPED = 8_000_000

/** The bearer token of a request, or an empty string. */
export function bearerOf({ headers }: IncomingMessage): string {
  const [, given = ''] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  return given
}

/** The parsed body, or undefined if it is not valid JSON in UTF-8. */
export function parsedJson(body: Buffer): unknown {
  return isUtf8(body) ? jsonOf(body) : undefined
}

/**
 * The body if it is complete and has at most `most` bytes, otherwise undefined; larger bodies are discarded as they arrive.
 * Resolves when the body has ended, the client has disconnected, or the body is too large even to be discarded.
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
