/** Why a feedback row has no effect. The message contains no number, text or name. */
export class FeedbackRefusal extends Error {}
