import type { Alert } from '../../domain/alert.ts'

/** Hosts that the alert is about: its target, what it matches, and the links of the message. */
export function domainsOf({ data: { target, match, contacts } }: Alert): string[] {
  const own = target.kind === 'domain' ? [target.id] : []
  return [...new Set([...own, ...(match?.domains ?? []), ...hostsOf(contacts?.urls)])]
}

/** The host of what is pasted where a host is asked for: that of a link, in its ASCII form; what is none stays. */
export function hostOf(text: string): string {
  return hostsOf([text])[0] ?? text
}

/** Hosts of links as alerts show them, which may lack a scheme; those that are no links are left out. */
export function hostsOf(urls: readonly string[] = []): string[] {
  return urls.flatMap((url) => {
    const text = url.includes('://') ? url : `http://${url}`
    return URL.canParse(text) ? [new URL(text).hostname] : []
  })
}
