import { once } from 'node:events'
import { Command } from 'commander'
import { LineSplitter, type NumberedLine } from '../adapters/sources/line-splitter.ts'
import { createScorer, type ScorerOptions } from '../service/scorer.ts'
import { CONFIG_OPTION, example } from './shared-options.ts'
import { refuseFolder } from './standard-input.ts'

/** Lines scored together. */
const BATCH = 256
/** Longer lines are cut here and answered with an error. */
const MAX_LINE_BYTES = 1_000_000

/**
 * `sigwatch score`: reads lines from stdin and writes one JSON object per line to stdout, in order. A line that is a JSON
 * object with `text` is a record, any other line is text. The output is not redacted.
 */
export function scoreCommand(): Command {
  return new Command('score')
    .option(...CONFIG_OPTION)
    .option('--policy <file>', 'policy file')
    .option('--rules <file>', 'own rules')
    .option('--registry <file>', 'registry of brands, signatures and ports')
    .option('--model <dir>', 'folder of the text model')
    .option('--explain', 'add findings: the score and the evidence of every reason')
    .addHelpText(...example('echo "【京东】您的验证码是123456" | sigwatch score'))
    .action(async (options: ScorerOptions) => {
      refuseFolder()
      const scorer = await createScorer(options)
      for await (const lines of batches(process.stdin)) {
        const out = scorer.score(lines).map((result) => JSON.stringify(result))
        if (!process.stdout.write(`${out.join('\n')}\n`)) await once(process.stdout, 'drain')
      }
      scorer.close()
    })
}

const EMPTY = Buffer.alloc(0)

/** Batches of input lines. Empty lines are included, because every line gets an answer. */
async function* batches(input: AsyncIterable<Buffer>): AsyncGenerator<readonly Buffer[]> {
  const splitter = new LineSplitter(MAX_LINE_BYTES)
  let lines: Buffer[] = []
  let next = 0
  const take = ([number, line]: NumberedLine) => {
    for (; next < number; next++) lines.push(EMPTY)
    lines.push(line)
    next++
  }
  for await (const chunk of input) {
    for (const numbered of splitter.push(chunk)) {
      take(numbered)
      if (lines.length >= BATCH) {
        yield lines
        lines = []
      }
    }
    // Yields a partial batch, for callers that wait for each answer before they write the next line.
    if (lines.length > 0) yield lines
    lines = []
  }
  for (const numbered of splitter.end()) take(numbered)
  for (; next < splitter.count; next++) lines.push(EMPTY)
  if (lines.length > 0) yield lines
}
