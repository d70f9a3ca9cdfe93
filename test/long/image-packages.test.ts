import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { useFolder } from '../helpers/jsonl.ts'
import { packagesIn, SHIPPED_PACKAGES } from '../helpers/shipped-packages.ts'

const ROOT = join(import.meta.dirname, '../..')
const folder = useFolder()

/** The stage of the Dockerfile that installs what runs: files that it copies, and its command. */
function modulesStage() {
  const [, stage = ''] = /^FROM \S+ AS modules\n([\s\S]*?)^FROM /m.exec(
    readFileSync(join(ROOT, 'Dockerfile'), 'utf8'),
  )!
  const [, files = ''] = /^COPY (.*) \.\/$/m.exec(stage)!
  const [, command = ''] = /^RUN npm (.*)$/m.exec(stage)!
  return { files: files.split(' '), args: command.split(' ') }
}

/** Uses each part of natural that sigwatch loads. */
const NATURAL = `
const part = (path) => require('natural/lib/natural/' + path + '.js')
const Bayes = part('classifiers/bayes_classifier')
const bayes = new Bayes(part('stemmers/porter_stemmer'))
bayes.addDocument('your parcel has arrived', 'notice')
bayes.addDocument('cheap loans for everybody', 'spam')
bayes.train()
console.log(
  bayes.classify('loans for everybody'),
  part('distance/levenshtein_distance').LevenshteinDistance('kitten', 'sitting'),
  part('distance/jaro-winkler_distance')('MARTHA', 'MARHTA', {}).toFixed(4),
)`

it.each(['10', '11'])('the image installs with npm %s what is listed, and natural works there', (release) => {
  const { files, args } = modulesStage()
  const cwd = folder.file(`image-${release}`)
  mkdirSync(cwd)
  for (const file of files) cpSync(join(ROOT, file), join(cwd, file))
  const run = (command: string, all: readonly string[]) => {
    const { PATH, HOME } = process.env
    const done = spawnSync(command, all, { cwd, encoding: 'utf8', env: { PATH, HOME } })
    expect([done.status, done.status === 0 ? '' : done.stderr]).toEqual([0, ''])
    return done.stdout
  }
  run('npx', ['-y', `npm@${release}`, ...args])
  run('npx', ['-y', `npm@${release}`, 'ls', '--omit=dev', '--omit=optional'])
  expect(packagesIn(join(cwd, 'node_modules'))).toEqual([...SHIPPED_PACKAGES].sort())
  expect(run(process.execPath, ['-e', NATURAL])).toBe('spam 3 0.9611\n')
})
