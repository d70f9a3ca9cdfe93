import type { SideInput } from '../domain/input-events.ts'
import { sideFileForm } from './input-forms.ts'
import { setting } from './setting.ts'
import { optional } from './setting-forms.ts'

const rowsFile = (input: SideInput, about: string, shown = 'none') =>
  setting<string | null>(
    optional(sideFileForm(input)),
    null,
    `${about} \`{file, map}\` where its rows have another form ([input-records.md](input-records.md#side-inputs)).`,
    { shown },
  )

/** Files that hold what operators and subscribers say. */
export const SIDE_FILE_SETTINGS = {
  registry: rowsFile(
    'registry',
    'Registry of brands, signatures and ports (YAML, JSON, JSONL or CSV).',
    'the shipped brand list',
  ),
  consents: rowsFile(
    'consents',
    'Consents and refusals (JSONL or CSV). Rows of the topic override it by key.',
  ),
  complaints: rowsFile('complaints', 'Complaints (JSONL or CSV).'),
  replies: rowsFile('replies', 'Inbound replies (JSONL or CSV).'),
  feedback: rowsFile('feedback', "Analysts' words on alerts (JSONL or CSV)."),
}
