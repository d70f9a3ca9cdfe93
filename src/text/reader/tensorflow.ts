import { createRequire } from 'node:module'
import type * as library from '@tensorflow/tfjs-core'

export const require = createRequire(import.meta.url)

/** Not imported: before an import runs a module of this form, it looks through all of it for names, for a quarter of a second. */
export const tf = require('@tensorflow/tfjs-core') as typeof library
