/** What happens in `sigwatch notify`. */
export type NotifyEvent =
  /** `open`: of those that were posted, without the ones that have ended. */
  | { readonly name: 'notices_posted'; readonly posted: number; readonly open: number }
  | { readonly name: 'notices_refused'; readonly reason: string }
  | { readonly name: 'alerts_unread'; readonly count: number }
