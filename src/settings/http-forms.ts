import { compileSchema } from './files/operator-schema.ts'
import { Secret } from './secret.ts'
import type { Form } from './setting-forms.ts'
import { SHORTEST_TOKEN, tokenList } from './token-lists.ts'

export const HTTP_RIGHTS = ['check', 'extract', 'decide', 'block', 'approve'] as const
export type HttpRight = (typeof HTTP_RIGHTS)[number]

/** Who may ask and order over HTTP. */
export interface HttpToken {
  readonly name: string
  readonly token: Secret
  readonly may: readonly HttpRight[]
}

const checkTokens = compileSchema({
  type: 'array',
  private: true,
  minItems: 1,
  items: {
    type: 'object',
    private: true,
    additionalProperties: false,
    required: ['name', 'token', 'may'],
    properties: {
      name: { type: 'string', private: true, format: 'user' },
      token: { type: 'string', private: true, minLength: SHORTEST_TOKEN },
      may: {
        type: 'array',
        private: true,
        minItems: 1,
        items: { type: 'string', private: true, enum: HTTP_RIGHTS },
      },
    },
  },
})

const ALLOWED = `a list of {name, token, may: [${HTTP_RIGHTS.join(', ')}]}, each token of at least ${SHORTEST_TOKEN} characters`

/** A list of `{name, token, may}`; as JSON in the environment. Tokens are never shown. */
export function httpTokens(): Form<readonly HttpToken[]> {
  return tokenList(
    { what: 'list of tokens', allowed: ALLOWED, check: checkTokens },
    ({ name, token, may }: { name: string; token: string; may: readonly HttpRight[] }) => ({
      name,
      token: new Secret(token),
      may: [...new Set(may)],
    }),
  )
}
