/** Keys that differ between two configurations, such as `manual.approval`. Does not compare secrets. */
export function changedSettings(before: object, after: object, under = ''): string[] {
  const [was, is] = [before, after] as [Record<string, unknown>, Record<string, unknown>]
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return keys.flatMap((key) => {
    const name = under + key
    if (isGroup(was[key]) && isGroup(is[key])) return changedSettings(was[key], is[key], `${name}.`)
    return JSON.stringify(was[key]) === JSON.stringify(is[key]) ? [] : [name]
  })
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
