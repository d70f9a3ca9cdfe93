/** Options of a command, each with its last values: commands refuse an option that is given twice. */
export function lastOfEach(args: readonly string[]): string[] {
  const last = new Map<string, string[]>()
  let values: string[] = []
  for (const arg of args) {
    if (arg.startsWith('--')) {
      values = []
      last.set(arg, values)
    } else values.push(arg)
  }
  return [...last].flatMap(([name, given]) => [name, ...given])
}
