/** `1 rule`, `2 rules`; `many`: a plural that is not made by an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
