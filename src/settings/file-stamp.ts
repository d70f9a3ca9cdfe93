import { statSync } from 'node:fs'

/** Changes when one of the files is written, replaced or changes its mode, or a symbolic link in its path changes. */
export function stampOf(paths: readonly string[]): string {
  return paths.map(stampOfOne).join()
}

function stampOfOne(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path)
    return `${ino}:${size}:${mtimeMs}:${ctimeMs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
