/** What of a text is compared with a `match`. */
export type Extract = (
  text: string,
  signature?: string,
) => { readonly signature: string; readonly urls: readonly { readonly host: string }[] }

/** The extractor of the build of sigwatch that this example lies in: it needs no Kafka and no model, and opens no socket. */
export const OF_THIS_BUILD = new URL('../../../dist/text/extract.js', import.meta.url).href

/** Rejects where the module is missing or is no extractor. */
export async function loadExtract(module: string): Promise<Extract> {
  const { extract } = (await import(module)) as { extract?: Extract }
  if (typeof extract !== 'function') throw new TypeError(`${module} exports no extract`)
  return extract
}
