import { type Form, optional } from './setting-forms.ts'

/** One key of the service configuration: the only place that knows its kind, default and meaning. */
export interface Setting<T> {
  readonly form: Form<T>
  readonly default: T
  /** What stands in the reference where the default follows from other keys. */
  readonly shown?: string
  readonly about: string
  /** Environment variables that many tools share; the one named after the key wins over them. */
  readonly alias?: string
}

type More = Pick<Setting<unknown>, 'shown' | 'alias'>

/** A key with its default; `about` stands in the reference. */
export function setting<T>(form: Form<T>, fallback: NoInfer<T>, about: string, more: More = {}): Setting<T> {
  return { form, default: fallback, about, ...more }
}

/** A key that is null unless it is given. */
export function optionalSetting<T>(form: Form<T>, about: string, more: More = {}): Setting<T | null> {
  return setting<T | null>(optional(form), null, about, more)
}
