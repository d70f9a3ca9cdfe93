import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const IV = 12
const TAG = 16

/** Seals texts with a key of this process, for what browsers keep and must not read or make; a restart ends all of it. */
export class Seal {
  readonly #key = randomBytes(32)

  /** As base64url; opens with the same `use` alone. */
  close(text: string, use: string): string {
    const iv = randomBytes(IV)
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(Buffer.from(use))
    const sealed = [iv, cipher.update(text), cipher.final()]
    return Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url')
  }

  /** The text; undefined: it was not sealed here, or for another use. */
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
