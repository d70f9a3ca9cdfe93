import { once } from 'node:events'
import { Command } from 'commander'
import { createScorer, type ScorerOptions } from '../app/scorer.ts'
import { splitLines } from '../sources/split-lines.ts'

/** Lines scored together. */
const BATCH = 256

/**
 * `sigwatch score`: stdin to one JSON a line on stdout, in order, one for every line. A line that is a JSON object with
 * `text` is a record, anything else is text. Local output, not redacted.
 */
export function scoreCommand(): Command {
  return new Command('score')
    .option('--config <file>', 'service configuration')
    .option('--policy <file>', 'policy file')
    .option('--registry <file>', 'registry of brands, signatures and ports')
    .option('--model <dir>', 'folder of the text model')
    .addHelpText('after', '\nExample:\n  echo "【京东】您的验证码是123456" | sigwatch score')
    .action(async (options: ScorerOptions) => {
      const scorer = await createScorer(options)
      for await (const lines of batches(splitLines(process.stdin))) {
        const out = scorer.score(lines).map((result) => JSON.stringify(result))
        if (!process.stdout.write(`${out.join('\n')}\n`)) await once(process.stdout, 'drain')
      }
      scorer.close()
    })
}

async function* batches(chunks: AsyncIterable<readonly Buffer[]>): AsyncGenerator<readonly Buffer[]> {
  for await (const lines of chunks) {
    for (let i = 0; i < lines.length; i += BATCH) yield lines.slice(i, i + BATCH)
  }
}
