import { writeFileSync } from 'node:fs'
import { CODE_MODULES_FILE, CODE_NAMES_FILE, renderCodeModules, renderCodeNames } from './code-modules.ts'
import { RULES_TABLE, renderRules } from './rules.ts'
import { renderWords, WORD_FILES } from './words.ts'

// What the codes rest on comes first.
for (const [file, table] of WORD_FILES) writeFileSync(table, renderWords(file))
writeFileSync(RULES_TABLE, renderRules())

// The lists of the codes come first: the pages are made of what they list.
const [names, modules] = [await renderCodeNames(), await renderCodeModules()]
writeFileSync(CODE_NAMES_FILE, names)
writeFileSync(CODE_MODULES_FILE, modules)

const { writePages } = await import('./pages.ts')
writePages()
