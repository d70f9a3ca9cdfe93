import { LABELS, type Label } from '../../domain/labels.ts'

export interface ChineseWords {
  readonly name: string
  readonly values?: Readonly<Record<string, string>>
}

/** One field of a code's evidence: its type in TypeScript, its JSON Schema, and its meaning for a reader. */
export interface Field<V> {
  readonly schema: Readonly<Record<string, unknown>>
  readonly meaning: string
  readonly optional?: boolean
  /** Chinese name of the field and of its fixed values, for pages. */
  readonly chinese?: ChineseWords
  /** Only carries the type; never set. */
  readonly type?: V
}
interface OptionalField<V> extends Field<V> {
  readonly optional: true
}

export type EvidenceFields = Readonly<Record<string, Field<unknown>>>

type ValueOf<F> = F extends Field<infer V> ? V : never
type OptionalKeys<E> = { [K in keyof E]: E[K] extends OptionalField<unknown> ? K : never }[keyof E]

export type EvidenceOf<E extends EvidenceFields> = {
  readonly [K in Exclude<keyof E, OptionalKeys<E>>]: ValueOf<E[K]>
} & { readonly [K in OptionalKeys<E>]?: ValueOf<E[K]> }

const field = <V>(meaning: string, schema: Readonly<Record<string, unknown>>): Field<V> => ({
  schema,
  meaning,
})

/** The field may be absent. */
export const optional = <V>(of: Field<V>): OptionalField<V> => ({ ...of, optional: true })

/** Adds the Chinese name of a field, and of its values if they are fixed. */
export const chinese = <F extends Field<unknown>>(
  name: string,
  of: F,
  values?: Readonly<Record<string, string>>,
): F => ({ ...of, chinese: { name, ...(values && { values }) } })

export const text = (meaning: string) => field<string>(meaning, { type: 'string' })

/** Text of a fixed pattern, such as a time of day. */
export const textLike = (pattern: string, meaning: string) =>
  field<string>(meaning, { type: 'string', pattern })

export const oneOf = <const V extends string>(values: readonly V[], meaning: string) =>
  field<V>(meaning, { enum: values })

export const count = (meaning: string) => field<number>(meaning, { type: 'integer', minimum: 0 })

export const amount = (meaning: string) => field<number>(meaning, { type: 'number', minimum: 0 })

/** A number from 0 to 1. */
export const share = (meaning: string) => field<number>(meaning, { type: 'number', minimum: 0, maximum: 1 })

export const label = (meaning: string) => field<Label>(meaning, { enum: LABELS })

/** At most `max` of the same kind. */
export const list = <V>(of: Field<V>, meaning: string, max?: number) =>
  field<readonly V[]>(meaning, {
    type: 'array',
    items: of.schema,
    ...(max === undefined ? {} : { maxItems: max }),
  })

export const counts = (meaning: string) =>
  field<Readonly<Record<string, number>>>(meaning, {
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
  })

export const group = <E extends EvidenceFields>(fields: E, meaning: string) =>
  field<EvidenceOf<E>>(meaning, objectSchema(fields))

export function objectSchema(fields: EvidenceFields): Readonly<Record<string, unknown>> {
  const entries = Object.entries(fields)
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, { schema, meaning }]) => [name, { ...schema, description: meaning }]),
    ),
    required: entries.filter(([, of]) => !of.optional).map(([name]) => name),
    additionalProperties: false,
  }
}

/** Evidence of a state raised by repeated messages, besides that of the last message. */
export const ESCALATION_FIELDS = {
  messages: count('messages with the code in the window'),
  recipients: count('their recipients'),
  window: amount('minutes of the window'),
  ports: list(text('a port'), 'the first 20 ports', 20),
  signatures: list(text('a signature'), 'the first 20 signatures', 20),
}
export type EscalationEvidence = EvidenceOf<typeof ESCALATION_FIELDS>
