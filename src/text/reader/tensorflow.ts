import { createRequire } from 'node:module'
import type * as library from '@tensorflow/tfjs-core'

export const require = createRequire(import.meta.url)

/** `require` instead of `import`: an import would scan this CommonJS module for export names for a quarter of a second. */
export const tf = require('@tensorflow/tfjs-core') as typeof library
