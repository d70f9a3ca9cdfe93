// Writes the shipped brand list as JSON into dist, which a command reads instead of config/brands.yaml: see shipped-brands.ts.
import { writeFileSync } from 'node:fs'
import { loadRegistry } from '../dist/detection/registry/load.js'
import { SHIPPED_BRANDS } from '../dist/detection/registry/shipped-brands.js'

const target = new URL('../dist/detection/registry/brands.json', import.meta.url)
writeFileSync(target, JSON.stringify(loadRegistry(SHIPPED_BRANDS)))
