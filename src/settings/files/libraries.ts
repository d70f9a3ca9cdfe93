import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Parsers and validators, loaded on first use: most short commands need none of them. */
export const libraries = {
  get ajv() {
    return require('ajv') as typeof import('ajv')
  },
  get csv() {
    return require('csv-parse/sync') as typeof import('csv-parse/sync')
  },
  get json() {
    return require('jsonc-parser') as typeof import('jsonc-parser')
  },
  get levenshtein() {
    return require('natural/lib/natural/distance/levenshtein_distance.js') as Levenshtein
  },
  get yaml() {
    return require('yaml') as typeof import('yaml')
  },
}

type Levenshtein = typeof import('natural/lib/natural/distance/levenshtein_distance.js').default
