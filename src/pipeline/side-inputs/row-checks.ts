import { FEEDBACK_VERDICTS } from '../../domain/events.ts'
import { LABELS } from '../../domain/labels.ts'
import { type Checker, compileSchema } from '../../settings/files/operator-schema.ts'
import { FORMS, hasForm } from '../../settings/files/value-forms.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'

export const ORDERED_ACTIONS = ['block', 'throttle', 'review'] as const
export const ORDERED_KINDS = ['domain', 'port', 'signature', 'sender', 'brand-claim', 'template'] as const

const text = (characters: number) => ({ type: 'string', characters, private: true })
const number = text(64)
const name = { ...text(40), format: 'name' }
const moment = { type: ['number', 'string'], moment: true }
const state = { type: 'string', enum: ['in', 'out'] }

/**
 * Why a port of an order can match nothing, or undefined. Names of letters, which some senders show instead of a number,
 * are compared as they are.
 */
export function portFault(port: string): string | undefined {
  const written = canonicalNumber(port.replace(/\*$/, ''))
  const isName = /^\p{L}[^*]{0,20}$/u.test(port)
  if (isName || hasForm('port', port.endsWith('*') ? `${written}*` : written)) return undefined
  return `it is not a port (allowed: ${FORMS.port})`
}

/** Whether targets of this kind can be blocked manually. */
export function isOrderable(kind: string | undefined): boolean {
  return ORDERED_KINDS.some((one) => one === kind)
}

/** How a target that can be blocked manually is written. */
export const ORDERED_FORM = `<kind>:<id>, kind one of ${ORDERED_KINDS.join(', ')}`

type Schema = Readonly<Record<string, unknown>>

/** Unknown members are ignored: other systems write these rows. */
function object(required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>>) {
  const nullable = Object.entries(optional).map(([key, schema]) => {
    const types = ([] as unknown[]).concat(schema.type)
    return [key, { ...schema, type: [...types, 'null'] }]
  })
  const properties = { ...required, ...Object.fromEntries(nullable) }
  return { type: 'object', private: true, required: Object.keys(required), properties }
}

/** Members of orders, and those that identify a row in its answer and in an undo. */
const ORDER_MEMBERS = {
  feedbackId: text(128),
  batch: text(128),
  undo: text(128),
  label: { type: 'string', enum: LABELS },
  action: { type: 'string', enum: ORDERED_ACTIONS },
  perMinute: { type: 'integer', minimum: 0, maximum: 1_000_000 },
  labels: { type: 'array', minItems: 1, private: true, items: { type: 'string', enum: LABELS } },
}

export const CHECKS: Readonly<Record<'consents' | 'replies' | 'complaints' | 'feedback', Checker>> = {
  consents: compileSchema(
    object(
      { signature: name, to: number, state, ts: moment },
      { proof: text(1000), was: object({ state, ts: moment }, {}) },
    ),
  ),
  replies: compileSchema(
    object({ ts: moment, from: number, to: number, text: text(2000) }, { id: text(128) }),
  ),
  complaints: compileSchema(
    object(
      { ts: moment, source: text(64) },
      { id: text(128), from: number, signature: name, to: number, text: text(4000), category: text(64) },
    ),
  ),
  feedback: compileSchema(
    object(
      { by: text(128), ts: moment },
      {
        verdict: { type: 'string', enum: FEEDBACK_VERDICTS },
        stateId: text(128),
        messageId: text(128),
        target: { ...text(300), format: 'target' },
        codes: { type: 'array', minItems: 1, private: true, items: { type: 'string', format: 'code' } },
        until: moment,
        note: text(2000),
        ...ORDER_MEMBERS,
      },
    ),
  ),
}
