import type { Alert } from '../../domain/alert.ts'

/** Hosts an alert refers to: its target, its match and the links of the message. */
export function domainsOf({ data: { target, match, contacts } }: Alert): string[] {
  const own = target.kind === 'domain' ? [target.id] : []
  return [...new Set([...own, ...(match?.domains ?? []), ...hostsOf(contacts?.urls)])]
}

/** The host of a link entered where a host is expected, in ASCII form. Text that is not a link is returned unchanged. */
export function hostOf(text: string): string {
  return hostsOf([text])[0] ?? text
}

/** Hosts of links as alerts show them, possibly without a scheme. Anything that is not a link is skipped. */
export function hostsOf(urls: readonly string[] = []): string[] {
  return urls.flatMap((url) => {
    const text = url.includes('://') ? url : `http://${url}`
    return URL.canParse(text) ? [new URL(text).hostname] : []
  })
}
