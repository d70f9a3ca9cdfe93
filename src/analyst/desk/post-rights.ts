import type { DeskRight } from '../../settings/archive-forms.ts'

/**
 * The addresses that take forms, each with the right that a form there asks for at least; an asterisk stands for one part.
 * What is not here takes none.
 */
export const POST_RIGHTS: Readonly<Record<string, DeskRight>> = {
  '/logout': 'read',
  '/search': 'read',
  '/find': 'read',
  '/case/*': 'judge',
  '/letter/*': 'judge',
  '/queue/undo': 'judge',
  '/queue/*': 'judge',
}

/** The right for a form; undefined: the address takes none. */
export function rightOfPost(path: string): DeskRight | undefined {
  const found = [path, path.replace(/[^/]+$/, '*')].find((one) => Object.hasOwn(POST_RIGHTS, one))
  return found === undefined ? undefined : POST_RIGHTS[found]
}
