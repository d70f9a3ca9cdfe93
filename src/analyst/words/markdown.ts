/** Text on one line of Markdown in which nothing is markup or a link. */
export function inline(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]<>|#~]/g, '\\$&')
    .replace(/:(?=\/\/)|(?<=\bwww)\./g, '\\$&')
}

/** Text in a block of Markdown, with a fence that it does not hold itself. */
export function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const mark = '`'.repeat(longest + 1)
  return `${mark}text\n${text}\n${mark}`
}
