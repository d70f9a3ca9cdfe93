import type { Answer, Asked } from './answers.ts'

/** A repeated request within this time after the answer is taken for a double click, ms. */
const SECOND_CLICK = 3_000

/** The last form of each session, so that a double click does not repeat an action that cannot be undone. */
export class LastPosts {
  readonly #last = new Map<string, { readonly what: string; readonly answer: Promise<Answer> }>()

  /**
   * Performs the action of a form. If the form equals the session's last one, it returns the same answer again. Rejects as
   * `act` does.
   */
  once({ session, path, form }: Asked, act: () => Promise<Answer>): Promise<Answer> {
    const { formKey } = session
    const what = `${path}?${form}`
    const last = this.#last.get(formKey)
    if (last?.what === what) return last.answer
    const post = { what, answer: act() }
    this.#last.set(formKey, post)
    const forget = () => {
      if (this.#last.get(formKey) === post) this.#last.delete(formKey)
    }
    // A failed action can be repeated immediately.
    post.answer.then(
      ({ status }) => (status < 400 ? setTimeout(forget, SECOND_CLICK).unref() : forget()),
      forget,
    )
    return post.answer
  }
}
