// Bundles the scripts of the desk into dist/analyst/desk/browser: charts.js, with what it needs of ECharts, and queue.js.
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
