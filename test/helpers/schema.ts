import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Alert, Block, Verdict } from '../../src/domain/alert.ts'
import { isCode } from '../../src/domain/codes.ts'

const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false })

function validator(name: string): ValidateFunction {
  const url = new URL(`../../config/schema/${name}-v1.schema.json`, import.meta.url)
  return ajv.compile(JSON.parse(readFileSync(url, 'utf8')) as object)
}

const VALIDATORS = { alert: validator('alert'), verdict: validator('verdict'), block: validator('block') }

function check(kind: keyof typeof VALIDATORS, value: unknown): void {
  const validate = VALIDATORS[kind]
  if (validate(value)) return
  const faults = ajv.errorsText(validate.errors, { dataVar: kind })
  throw new Error(`${faults}\n${JSON.stringify(value, null, 2).slice(0, 4_000)}`)
}

/** Checks an alert against its JSON Schema and rules that a schema cannot express. */
export function checkedAlert(value: unknown): Alert {
  check('alert', value)
  const alert = value as Alert
  const { target, state, expiresAt, reasons } = alert.data
  const unknown = reasons.find(({ code }) => !isCode(code))
  if (unknown) throw new Error(`${unknown.code} is no code`)
  if (alert.subject !== `${target.kind}:${target.id}`)
    throw new Error(`subject ${alert.subject} is not its target`)
  if (Date.parse(expiresAt) - Date.parse(alert.time) > 15 * 60_000) {
    throw new Error(`valid for more than 15 minutes: ${alert.time} to ${expiresAt}`)
  }
  if (state === undefined && alert.data.message?.id !== target.id)
    throw new Error('a message alert about another message')
  return alert
}

export function checkedVerdict(value: unknown): Verdict {
  check('verdict', value)
  return value as Verdict
}

export function checkedBlock(value: unknown): Block {
  check('block', value)
  return value as Block
}
