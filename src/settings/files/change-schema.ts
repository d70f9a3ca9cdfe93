const line = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })

/** Schema of `change` at the root of a file: see Change. */
export const CHANGE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['by', 'why'],
  properties: { by: line(100), why: line(500), ref: line(200) },
} as const
