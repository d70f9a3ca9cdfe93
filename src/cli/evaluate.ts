import { Command } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import { LABELS } from '../domain/labels.ts'
import { crossValidateBayes } from '../offline/training/bayes.ts'
import { readCorpus } from '../offline/training/corpus.ts'
import { type Evaluation, evaluate } from '../offline/training/evaluation.ts'
import { type Report, reportOf } from '../offline/training/metrics.ts'
import { nearGroups } from '../offline/training/near.ts'
import { heldTexts } from '../offline/training/plan.ts'
import { openTextModel } from '../text/reader/text-model.ts'

interface EvaluateOptions {
  readonly corpus: string
  readonly model: string
  readonly json?: boolean
  readonly baseline?: boolean
}

/** `sigwatch evaluate`: measures a model on labelled text and prints a table, or one JSON object with --json. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .requiredOption('--corpus <file>', 'labelled text, TSV of label<TAB>text')
    .requiredOption('--model <dir>', 'model folder')
    .option('--json', 'one JSON object instead of a table')
    .option(
      '--baseline',
      'also a naive Bayes, five-fold on the same corpus (it learns from it; the model does not)',
    )
    .action(async (options: EvaluateOptions) => {
      const corpus = readCorpus(options.corpus)
      const rows = heldTexts([{ corpus, rows: corpus.rows }], 1)
      const warn = (line: string) => process.stderr.write(`${line}\n`)
      const model = await openTextModel({ dir: options.model, onNotice: warn })
      const result = evaluate(model, rows, options.corpus)
      model.close()
      let baseline: Report | undefined
      if (options.baseline) {
        const labels = [...new Set(rows.map((row) => row.label))].sort(inOrder)
        if (labels.length < 2) {
          throw new SigwatchError('USAGE', `${options.corpus}: a baseline needs at least two labels`)
        }
        const truth = rows.map((row) => labels.indexOf(row.label))
        const texts = rows.map((row) => row.text)
        baseline = reportOf(labels, truth, crossValidateBayes(texts, truth, nearGroups(texts)))
      }
      if (options.json) {
        process.stdout.write(`${JSON.stringify(baseline === undefined ? result : { ...result, baseline })}\n`)
        return
      }
      process.stdout.write(table(result))
      if (baseline !== undefined) {
        process.stdout.write(`\nnaive Bayes, five-fold on this corpus\n${table(baseline)}`)
      }
    })
}

function inOrder(a: string, b: string): number {
  const place = (label: string) => (LABELS as readonly string[]).indexOf(label)
  return place(a) - place(b) || (a < b ? -1 : 1)
}

function table(result: Evaluation | Report): string {
  const percent = (x: number) => x.toFixed(4).padStart(9)
  const labels = Object.keys(result.perClass)
  const wide = Math.max(9, ...labels.map((label) => label.length))
  const lines = [`accuracy ${result.accuracy.toFixed(4)}   macro-F1 ${result.macroF1.toFixed(4)}`]
  if ('rocAuc' in result && result.rocAuc !== undefined) {
    lines.push(`ROC-AUC of unsolicited ${result.rocAuc.toFixed(4)}`)
  }
  if ('recallAtFpr' in result && result.recallAtFpr !== undefined) {
    for (const [rate, recall] of Object.entries(result.recallAtFpr)) {
      lines.push(`recall of unsolicited at ${Number(rate) * 100}% false positives ${recall.toFixed(4)}`)
    }
  }
  lines.push('', `${''.padEnd(wide)} precision    recall        f1   support`)
  for (const label of labels) {
    const { precision, recall, f1, support } = result.perClass[label] as Report['perClass'][string]
    lines.push(
      `${label.padEnd(wide)} ${percent(precision)} ${percent(recall)} ${percent(f1)} ${String(support).padStart(9)}`,
    )
  }
  const column = Math.max(7, ...labels.map((label) => label.length)) + 1
  lines.push(
    '',
    `${'truth \\ called'.padEnd(Math.max(wide, 14))}${labels.map((label) => label.padStart(column)).join('')}`,
  )
  for (const label of labels) {
    const row = result.confusion[label] as Readonly<Record<string, number>>
    lines.push(
      `${label.padEnd(Math.max(wide, 14))}${labels.map((other) => String(row[other]).padStart(column)).join('')}`,
    )
  }
  return `${lines.join('\n')}\n`
}
