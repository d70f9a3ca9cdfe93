import type { Answer, Asked } from './answers.ts'

/** What a session sends again so soon after the answer is a second click on the same button, ms. */
const SECOND_CLICK = 3_000

/** The form that each session sent last, where a double click would do again what cannot be undone. */
export class LastPosts {
  readonly #last = new Map<string, { readonly what: string; readonly answer: Promise<Answer> }>()

  /** Does what a form asks for; gives the same answer again where it was the last one of the session. Rejects as `act` does. */
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
    // What failed may be tried again at once.
    post.answer.then(
      ({ status }) => (status < 400 ? setTimeout(forget, SECOND_CLICK).unref() : forget()),
      forget,
    )
    return post.answer
  }
}
