import type { DeskRight } from '../../settings/token-forms.ts'

/** Paths that accept forms, with the minimum right required; an asterisk stands for one segment. No other path accepts forms. */
export const POST_RIGHTS: Readonly<Record<string, DeskRight>> = {
  '/logout': 'read',
  '/search': 'read',
  '/find': 'read',
  '/case/*': 'judge',
  '/letter/*': 'judge',
  '/queue/undo': 'judge',
  '/queue/*': 'judge',
}

/** The right required for a form; undefined if the path accepts none. */
export function rightOfPost(path: string): DeskRight | undefined {
  const found = [path, path.replace(/[^/]+$/, '*')].find((one) => Object.hasOwn(POST_RIGHTS, one))
  return found === undefined ? undefined : POST_RIGHTS[found]
}
