/** Why a row of feedback has no effect. The message shows no number, text or name. */
export class FeedbackRefusal extends Error {}
