// Pins the images of the Dockerfile and of docker-compose.yml by digest, and tells which are not. Plain Node.
//   node scripts/pin-images.mjs           writes the digest that each tag has now; asks the registries with Docker buildx
//   node scripts/pin-images.mjs --check   ends with 1 where an image has none; asks no registry
// `--root FOLDER` is another checkout.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const FILES = ['Dockerfile', 'docker-compose.yml']
/** An image with its tag, and its digest where it has one; a stage of the same file has neither. */
const IMAGE = /^(FROM |\s+image: )([^\s@]+:[^\s@]+)(@sha256:[0-9a-f]{64})?(?=\s|$)/gm

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    root: { type: 'string', default: dirname(dirname(fileURLToPath(import.meta.url))) },
  },
})

/** The digest of the list of all platforms behind a tag. */
function digestOf(image) {
  const args = ['buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', image]
  const { status, stdout, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' })
  const digest = stdout?.trim() ?? ''
  if (status === 0 && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest
  process.stderr.write(`pin-images: no digest of ${image}: ${error?.message ?? (stderr.trim() || digest)}\n`)
  process.exit(1)
}

const read = (file) => readFileSync(join(values.root, file), 'utf8')
if (values.check) {
  const unpinned = FILES.flatMap((file) =>
    [...read(file).matchAll(IMAGE)].flatMap(([, , image, digest]) => (digest ? [] : [`${file}: ${image}`])),
  )
  for (const line of new Set(unpinned)) process.stderr.write(`pin-images: not pinned: ${line}\n`)
  if (unpinned.length > 0) process.stderr.write('pin-images: run node scripts/pin-images.mjs with Docker\n')
  process.exit(unpinned.length > 0 ? 1 : 0)
}
// All are asked before the first file is written.
const digests = new Map()
const pinned = FILES.map((file) => {
  const text = read(file).replace(IMAGE, (_, before, image) => {
    if (!digests.has(image)) digests.set(image, digestOf(image))
    return `${before}${image}@${digests.get(image)}`
  })
  return [file, text]
})
for (const [file, text] of pinned) writeFileSync(join(values.root, file), text)
for (const [image, digest] of digests) process.stderr.write(`${image}@${digest}\n`)
