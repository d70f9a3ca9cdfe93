// The form of commit messages (CONTRIBUTING.md): `area: imperative summary`, 72 characters at most, a blank line before a
// body. As a commit-msg hook it is given the file of the message; in CI `--since COMMIT` checks every commit after one.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const SUMMARY = /^(?:[a-z][a-z0-9-]*(?:, [a-z][a-z0-9-]*)*): [^\s].*[^.\s]$/
const PREPARED = /^(?:Merge|Revert|fixup!|squash!) /

/** What is wrong with a message; nothing when all is well. */
function faultsOf(message) {
  const lines = message
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .trimEnd()
    .split('\n')
  const [summary = '', gap] = lines
  if (PREPARED.test(summary)) return []
  const faults = []
  if (!SUMMARY.test(summary))
    faults.push('the summary must read `area: imperative summary`, without a full stop')
  if ([...summary].length > 72) faults.push(`the summary has ${[...summary].length} characters, at most 72`)
  if (gap !== undefined && gap !== '') faults.push('a blank line must follow the summary')
  return faults
}

const git = (...args) => execFileSync('git', args, { encoding: 'utf8' })
const [first, since] = process.argv.slice(2)
const messages =
  first === '--since'
    ? git('log', '--no-merges', '--format=%B%x00', `${since}..HEAD`).split('\0')
    : [readFileSync(first, 'utf8')]
let failed = false
for (const message of messages.map((m) => m.trim()).filter((m) => m !== '')) {
  for (const fault of faultsOf(message)) {
    failed = true
    console.error(`commit "${message.split('\n', 1)[0]}": ${fault}`)
  }
}
process.exitCode = failed ? 1 : 0
