// Bundles the scripts of the desk into dist/analyst/desk/browser: charts.js, with what it needs of ECharts, and queue.js. The licences
// of what is bundled lie next to them.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
await build({
  entryPoints: ['charts', 'queue'].map((name) => path(`src/analyst/desk/browser/${name}.ts`)),
  outdir: path('dist/analyst/desk/browser'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  legalComments: 'eof',
  logLevel: 'warning',
})

// Their licences ask that recipients have them.
const LICENCES = { echarts: ['LICENSE', 'NOTICE'], zrender: ['LICENSE'], tslib: ['LICENSE.txt'] }
const texts = Object.entries(LICENCES).flatMap(([name, files]) =>
  files.map((file) => `${name}\n\n${readFileSync(path(`node_modules/${name}/${file}`), 'utf8').trim()}\n`),
)
writeFileSync(path('dist/analyst/desk/browser/LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`))
