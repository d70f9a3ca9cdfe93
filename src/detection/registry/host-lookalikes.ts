import { domainToUnicode } from 'node:url'
import { parse } from 'tldts'
import type { Brand, Lookalike } from '../../domain/registry.ts'
import { GENERIC_LABELS, HOST_WORDS } from './added-words.ts'
import type { BrandName } from './brand-matcher.ts'
import { editSimilarity, type NameLookalikes } from './lookalikes.ts'
import { NearTexts } from './near-texts.ts'
import { isHan, reading, skeleton } from './skeleton.ts'

/** A string that represents a brand in a host: the label of an official domain, a name or a number. */
interface Token {
  readonly brand: Brand
  /** Official domain, or the name. */
  readonly original: string
  /** As written: letters, digits, hyphens. */
  readonly text: string
  readonly kind: 'label' | 'number' | 'pinyin'
}

/** The registries of these suffixes check the identity of registrants, so imitations are not registered there. */
const RESTRICTED = /(?:^|\.)(?:gov|edu|mil)(?:\.[a-z]{2})?$/

/** Underscores are invalid in host names but occur. */
const LENIENT = { validateHostname: false }

const SHORT = 3
const EDIT_FROM = 4
/** No official label is longer; the deletions of a longer one would cost the square of its length. */
const EDIT_TO = 40
/** DNS limits of host and label length. */
const LONGEST_HOST = 253
const LONGEST_LABEL = 63

/** Whether a host is below a suffix assigned only on proof of identity (`gov.cn`, `edu.cn`). */
export function isRestricted(host: string): boolean {
  return RESTRICTED.test(host)
}

/**
 * Finds the registered domain that a host imitates, by hash look-ups and never over all brands. Similarities: 0.97 glyphs and
 * foreign scripts; 0.95 an official domain as a subdomain; 0.9-0.93 another suffix, or added words next to labels of four or more
 * characters; 0.8 what others may use in good faith (short labels, pinyin, a brand as one label of a subdomain).
 */
export class HostLookalikes {
  readonly #names: NameLookalikes
  readonly #keys = new Map<string, BrandName>()
  readonly #domains = new Map<string, Brand>()
  /** Brands with their site at `www` below a government suffix (`gov.cn`). */
  readonly #governments = new Map<string, Brand>()
  readonly #tokens = new Map<string, Token>()
  readonly #skeletons = new Map<string, Token>()
  readonly #near = new NearTexts<Token>()
  /** All official labels by skeleton, including ordinary words, which are not written in another script in good faith. */
  readonly #allLabels = new Map<string, Token>()

  constructor(brands: readonly Brand[], names: readonly BrandName[], lookalikes: NameLookalikes) {
    this.#names = lookalikes
    for (const name of names) this.#keys.set(name.key, name)
    for (const brand of brands) {
      for (const domain of brand.domains) {
        const parsed = parse(domain, LENIENT)
        if (!parsed.domain || !parsed.domainWithoutSuffix) continue
        if (parsed.domainWithoutSuffix === 'www' && /^gov\b/.test(parsed.publicSuffix ?? ''))
          this.#governments.set(parsed.publicSuffix as string, brand)
        if (!this.#domains.has(parsed.domain)) this.#domains.set(parsed.domain, brand)
        this.#add({ brand, original: parsed.domain, text: parsed.domainWithoutSuffix, kind: 'label' })
      }
      for (const hotline of brand.hotlines) {
        if (/^(?:95\d{3}|100\d\d)$/.test(hotline))
          this.#add({ brand, original: hotline, text: hotline, kind: 'number' })
      }
    }
    for (const { brand, name, key } of names) {
      if (/^[a-z]{4,}$/.test(key)) this.#add({ brand, original: name, text: key, kind: 'label' })
      const numbers = key.match(/\d{5,}/g) ?? []
      for (const number of numbers) this.#add({ brand, original: name, text: number, kind: 'number' })
      const sound = key.length <= 4 ? reading(key) : undefined
      if (sound !== undefined && sound.length >= 6 && /^[a-z]+$/.test(sound)) {
        this.#add({ brand, original: name, text: sound, kind: 'pinyin' })
      }
    }
  }

  /** For a host (lower case, ASCII or Unicode) that is neither official nor a shortener. */
  find(host: string): Lookalike | undefined {
    if (host.length > LONGEST_HOST) return undefined
    const parsed = parse(host, LENIENT)
    const { domain, domainWithoutSuffix: label, publicSuffix: suffix } = parsed
    if (
      parsed.isIp ||
      (label?.length ?? 0) > LONGEST_LABEL ||
      !domain ||
      !label ||
      !suffix ||
      isRestricted(host)
    )
      return undefined
    return (
      this.#bySubdomain(host, suffix) ??
      this.#byForeignScript(label) ??
      strongest(
        strongest(this.#byLabel(label), this.#byGovernment(host)),
        this.#bySubdomainLabel(host, domain),
      )
    )
  }

  /** `jd.com.vip-tk.cn`, `www-icbc-com-cn.top`, `jd.com-vip.cn`: an official domain not at the end. */
  #bySubdomain(host: string, suffix: string): Lookalike | undefined {
    const parts = host.slice(0, -suffix.length - 1).split(/[.-]/)
    for (let i = 0; i + 1 < parts.length; i++) {
      for (let size = 2; size <= 3 && i + size <= parts.length; size++) {
        const domain = parts.slice(i, i + size).join('.')
        const brand = this.#domains.get(domain)
        if (brand) return { brand, original: domain, how: 'subdomain', similarity: 0.95 }
      }
    }
    return undefined
  }

  /** `its-gov-cn.top`, `gov-tw.vip`: `gov` where anyone may register. The country tells whose government is meant. */
  #byGovernment(host: string): Lookalike | undefined {
    const parts = host.split(/[.-]/)
    const at = parts.indexOf('gov')
    if (at < 0) return undefined
    // `gov` directly below a top-level domain belongs to its registry: `gov.taipei`, `gov.scot`.
    if (host.endsWith(`.gov.${parts.at(-1)}`) || host === `gov.${parts.at(-1)}`) return undefined
    const country = [parts[at + 1], parts[at - 1]].find((part) => this.#governments.has(`gov.${part}`))
    const suffix = `gov.${country ?? 'cn'}`
    const brand = this.#governments.get(suffix)
    const original = `www.${suffix}`
    return brand && { brand, original, how: 'added-word', similarity: country === undefined ? 0.8 : 0.9 }
  }

  #byForeignScript(label: string): Lookalike | undefined {
    const shown = label.startsWith('xn--') ? domainToUnicode(label) : label
    if (shown === '' || !hasForeign(shown)) return undefined
    const shape = skeleton(shown)
    if (![...shown].some((sign) => isHan(sign.codePointAt(0) as number))) {
      const label = this.#allLabels.get(shape)
      const found = label ? like(label, 'glyph', 0.97) : this.#byLabel(shape)
      return found && { ...found, how: 'internationalised', similarity: Math.max(found.similarity, 0.97) }
    }
    const registered = this.#keys.get(shown)
    if (registered) {
      return { brand: registered.brand, original: registered.name, how: 'internationalised', similarity: 0.9 }
    }
    const found = this.#names.find(shown)
    return found && { ...found, how: 'internationalised', similarity: Math.max(found.similarity, 0.86) }
  }

  #byLabel(label: string): Lookalike | undefined {
    const same = this.#tokens.get(label)
    if (same) return like(same, 'other-suffix', same.kind === 'pinyin' || label.length <= SHORT ? 0.8 : 0.92)
    const shaped = label.length >= EDIT_FROM ? this.#skeletons.get(skeleton(label)) : undefined
    if (shaped && signs(label) !== shaped.text) return like(shaped, 'glyph', 0.97)
    if (shaped) return like(shaped, 'added-word', 0.92)
    return (
      strongest(strongest(this.#byHyphen(label), this.#byJoined(label)), this.#byNumber(label)) ??
      this.#byEdit(label)
    )
  }

  /** `jd-refund`, `vip-icbc`, `1cbc-app`: one part is the brand. */
  #byHyphen(label: string): Lookalike | undefined {
    if (!/[-_]/.test(label)) return undefined
    const parts = label.split(/[-_]/).filter((part) => part !== '')
    let best: Lookalike | undefined
    for (const part of parts) {
      const token = this.#tokens.get(part)
      const shaped = token ?? (part.length >= EDIT_FROM ? this.#skeletons.get(skeleton(part)) : undefined)
      const suspicious = parts.some((other) => other !== part && isAdded(other))
      if (shaped) {
        const short = shaped.text.length <= SHORT || shaped.kind === 'pinyin'
        const sure = suspicious ? (short ? 0.9 : 0.93) : short ? 0.8 : 0.83
        best = strongest(best, like(shaped, token ? 'added-word' : 'glyph', sure))
      } else if (part.length >= 6) {
        best = strongest(best, this.#byEdit(part))
      }
    }
    return best
  }

  /** `jdkefu`, `icbcvip`, `taobao88`: the brand with only added words around it. */
  #byJoined(label: string): Lookalike | undefined {
    let best: Lookalike | undefined
    const longest = Math.min(label.length - 1, 16)
    for (let length = 2; length <= longest; length++) {
      best = strongest(best, this.#joined(label.slice(0, length), label.slice(length)))
      best = strongest(best, this.#joined(label.slice(-length), label.slice(0, -length)))
    }
    return best
  }

  #joined(part: string, rest: string): Lookalike | undefined {
    const token = this.#tokens.get(part)
    if (!token) return undefined
    const short = part.length <= SHORT || token.kind === 'pinyin'
    if (isCovered(rest)) {
      if (short)
        return rest.length >= 4 ? like(token, 'added-word', token.kind === 'pinyin' ? 0.8 : 0.86) : undefined
      return like(token, 'added-word', 0.92)
    }
    return part.length >= 6 && rest.length <= 4 ? like(token, 'added-word', 0.8) : undefined
  }

  /** `m-10086jf`, `1oo86vip`: the brand's number as a complete run of digits. */
  #byNumber(label: string): Lookalike | undefined {
    let best: Lookalike | undefined
    for (const form of [label, label.replaceAll('o', '0').replace(/[li]/g, '1')]) {
      for (const run of form.match(/\d{5,}/g) ?? []) {
        const token = this.#tokens.get(run)
        if (token?.kind === 'number' || token?.original.startsWith(run)) {
          best = strongest(best, like(token as Token, form === label ? 'added-word' : 'glyph', 0.93))
        }
      }
    }
    return best
  }

  #byEdit(label: string): Lookalike | undefined {
    if (label.length < EDIT_FROM || label.length > EDIT_TO) return undefined
    let best: Lookalike | undefined
    for (const token of this.#near.of(label)) {
      const similarity = editSimilarity(label, token.text)
      if (similarity > 0)
        best = strongest(best, like(token, 'edit', token.kind === 'pinyin' ? 0.8 : similarity))
    }
    return best
  }

  /** `icbc.evil.top`: merchants also name pages after platforms, so this alone is no proof. */
  #bySubdomainLabel(host: string, domain: string): Lookalike | undefined {
    if (host.length === domain.length) return undefined
    for (const part of host.slice(0, -domain.length - 1).split(/[.-]/)) {
      const token = part.length > SHORT ? this.#tokens.get(part) : undefined
      if (token && token.kind !== 'pinyin') return like(token, 'subdomain', 0.8)
    }
    return undefined
  }

  #add(token: Token): void {
    const { text } = token
    if (token.kind === 'label' && text.length >= EDIT_FROM) this.#allLabels.set(skeleton(text), token)
    if (text.length < 2 || GENERIC_LABELS.has(text)) return
    if (/^\d+$/.test(text) && text.length < 5) return
    if (!this.#tokens.has(text)) this.#tokens.set(text, token)
    if (text.length < EDIT_FROM) return
    const shape = skeleton(text)
    if (token.kind !== 'pinyin' && !this.#skeletons.has(shape)) this.#skeletons.set(shape, token)
    this.#near.add(text, token)
  }
}

function isAdded(part: string): boolean {
  return HOST_WORDS.has(part) || /^\d{1,4}$/.test(part) || isCovered(part)
}

/** Whether a text consists only of added words and a few digits. */
function isCovered(text: string): boolean {
  if (text.length > 24) return false
  const bare = text.replace(/^[-_\d]{1,4}|[-_\d]{1,4}$/g, '')
  if (bare === '') return true
  const reach = new Uint8Array(bare.length + 1)
  reach[0] = 1
  for (let i = 0; i < bare.length; i++) {
    if (reach[i] === 0) continue
    if (bare[i] === '-') reach[i + 1] = 1
    for (let end = i + 1; end <= bare.length; end++) if (HOST_WORDS.has(bare.slice(i, end))) reach[end] = 1
  }
  return reach[bare.length] === 1
}

function like(token: Token, how: Lookalike['how'], similarity: number): Lookalike {
  return { brand: token.brand, original: token.original, how, similarity }
}

function strongest(a: Lookalike | undefined, b: Lookalike | undefined): Lookalike | undefined {
  return !b || (a && a.similarity >= b.similarity) ? a : b
}

function signs(label: string): string {
  return label.replace(/[-_]/g, '')
}

function hasForeign(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return true
  return false
}
