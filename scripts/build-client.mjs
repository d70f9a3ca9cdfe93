// Bundles the script that draws the charts of the desk: dist/analyst/desk/charts.js, with what it needs of ECharts.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
await build({
  entryPoints: [path('src/analyst/desk/browser/charts.ts')],
  outfile: path('dist/analyst/desk/charts.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  legalComments: 'eof',
  logLevel: 'warning',
})
