/** Suffixes with free or nearly free domains in the first year: those most frequent in abuse reports. */
const CHEAP_SUFFIXES = new Set(
  'top xyz vip cc icu cyou shop club site online info cfd sbs buzz click bond live win bid loan work link rest lol monster quest fun pw tk ml ga cf gq ink me life today world store space website tech wang ltd mobi pro cloud rent pics beauty hair skin makeup autos boats homes yachts mom bar best fit help host press uno wiki'.split(
    ' ',
  ),
)

/** Whether a host (ASCII, lower case) is below such a suffix. */
export function isCheapSuffix(host: string): boolean {
  return CHEAP_SUFFIXES.has(host.slice(host.lastIndexOf('.') + 1))
}
