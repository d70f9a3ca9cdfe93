/** Events of `sigwatch notify`. */
export type NotifyEvent =
  | { readonly name: 'notices_posted'; readonly posted: number }
  /** Open states and rules in force, as posted last. */
  | { readonly name: 'notices_open'; readonly open: number }
  | { readonly name: 'notices_refused'; readonly reason: string }
  | { readonly name: 'alerts_unread'; readonly count: number }
