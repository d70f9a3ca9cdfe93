import { ACTIONS } from '../../domain/decision.ts'
import { CHANGE_SCHEMA, strict } from '../../settings/files/operator-schema.ts'
import { CONSEQUENCES, OWN_CONSEQUENCES, RULE_TARGETS } from './rules-file.ts'
import { SHIPPED } from './shipped.generated.ts'

export const OWN_LIMITS = { groups: 1_000, words: 20_000, rules: 1_000, composites: 200 } as const

/** Codes with shipped rows that have a given consequence. */
export function steeredCodes(then: string): readonly string[] {
  return [...new Set(SHIPPED.composites.filter((row) => row.then === then).flatMap(({ codes }) => codes))]
}

const STEERED = [...new Set(CONSEQUENCES.flatMap(steeredCodes))]

export const GROUP_NAME = String.raw`^\p{L}[\p{L}\p{N}_-]{0,59}$`

const sentence = { type: 'string', minLength: 1, maxLength: 300 }
const words = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1, maxLength: 100 } }
const when = {
  type: 'string',
  minLength: 1,
  maxLength: 2000,
  description:
    'Signs of docs/signs.md, joined by `&` (and), `|` (or), `!` (not) and parentheses. near(A, B, n): both in one sentence, at most n characters between them. before(A, B) or before(A, B, n): in this order.',
}
const facts = {
  text: { type: 'string', minLength: 1, maxLength: 2000 },
  from: { type: 'string', maxLength: 21, description: 'the sender; absent: unknown' },
  filed: { type: 'string', maxLength: 32, description: 'a signature that is filed' },
  port: { type: 'string', maxLength: 21, description: 'the port on which it is filed; absent: the sender' },
}
/** The shipped rules only: what is learned from an operator's traffic is unavailable when examples run. */
const known = {
  type: 'array',
  items: { type: 'string' },
  description: "registrable domains to which the brand's own notices lead",
}
const shownBy = (properties: object) => ({
  because: { ...sentence, description: 'why, in one sentence' },
  example: { ...strict(properties, ['text']), description: 'a message to which it applies' },
  nearMiss: { ...strict(properties, ['text']), description: 'a similar message to which it does not apply' },
})

const group = strict(
  {
    says: { ...sentence, description: 'what the words have in common' },
    list: { ...words, description: 'in normalised text; {a,b} stands for either of a and b' },
    groups: { ...words, description: 'groups whose words belong to this one too' },
    except: { ...words, description: 'longer words within which the words of the group do not count' },
  },
  ['says'],
)
const rule = strict(
  {
    code: { type: 'string', format: 'own-code', description: 'OP_ and a name in capitals, used once' },
    when,
    action: { type: 'string', enum: ACTIONS, description: 'default: review' },
    mode: {
      type: 'string',
      enum: ['enforce', 'shadow'],
      description: 'default: enforce; shadow where the action is throttle or block',
    },
    weight: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description: 'share in the score of an alert; default: 0.5',
    },
    target: {
      type: 'string',
      enum: RULE_TARGETS,
      description: 'what repeated messages raise a state on; default: message, which raises none',
    },
    says: {
      ...strict({ en: sentence, 'zh-CN': sentence }, ['en', 'zh-CN']),
      description: 'what alerts say of a message, in both languages',
    },
    ...shownBy(facts),
  },
  ['code', 'when', 'says', 'because', 'example', 'nearMiss'],
)
const composite = (thens: readonly string[], properties: object) =>
  strict(
    {
      name: { type: 'string', minLength: 1, maxLength: 60, description: 'what evidence calls it' },
      codes: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: STEERED } },
      when,
      then: { type: 'string', enum: thens },
      ...shownBy(properties),
    },
    ['when', 'then', 'because', 'example', 'nearMiss'],
  )
const table = (of: object) => ({ type: 'object', additionalProperties: of })

/** JSON Schema of a rules file, shipped or an operator's. Names are checked elsewhere. */
export function rulesSchema(of: 'shipped' | 'own') {
  if (of === 'shipped') {
    const rows = composite(CONSEQUENCES, { ...facts, known })
    const signs = table(strict({ says: sentence, when }, ['says', 'when']))
    return strict({ words: table(group), signs, composites: { type: 'array', items: rows } }, [])
  }
  return strict(
    {
      change: CHANGE_SCHEMA,
      words: table(group),
      rules: { type: 'array', maxItems: OWN_LIMITS.rules, items: rule },
      composites: {
        type: 'array',
        maxItems: OWN_LIMITS.composites,
        items: composite(OWN_CONSEQUENCES, facts),
      },
    },
    [],
  )
}
