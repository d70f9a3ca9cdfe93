import { type Form, optional } from './setting-forms.ts'

/** One key of the service configuration, with its form, default and description. */
export interface Setting<T> {
  readonly form: Form<T>
  readonly default: T
  /** Default as shown in the reference, if it follows from other keys. */
  readonly shown?: string
  readonly about: string
  /** Environment variable shared with other tools; the one named after the key takes precedence. */
  readonly alias?: string
}

type More = Pick<Setting<unknown>, 'shown' | 'alias'>

/** A key with a default; `about` is its text in the reference. */
export function setting<T>(form: Form<T>, fallback: NoInfer<T>, about: string, more: More = {}): Setting<T> {
  return { form, default: fallback, about, ...more }
}

/** A key with the default null. */
export function optionalSetting<T>(form: Form<T>, about: string, more: More = {}): Setting<T | null> {
  return setting<T | null>(optional(form), null, about, more)
}
