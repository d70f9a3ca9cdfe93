import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const IV = 12
const TAG = 16

/** Encrypts and authenticates texts that browsers store, with a key of this process. A restart invalidates them. */
export class Seal {
  readonly #key = randomBytes(32)

  /** Returns base64url, which only opens with the same `use`. */
  close(text: string, use: string): string {
    const iv = randomBytes(IV)
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(Buffer.from(use))
    const sealed = [iv, cipher.update(text), cipher.final()]
    return Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url')
  }

  /** Returns the text, or undefined if it was not sealed by this process or for another use. */
  open(sealed: string, use: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < IV + TAG) return undefined
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV), { authTagLength: TAG })
    decipher.setAAD(Buffer.from(use)).setAuthTag(bytes.subarray(-TAG))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()]).toString()
    } catch {
      return undefined
    }
  }
}
