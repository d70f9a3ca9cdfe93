import { foldTablesWords } from './words.generated.ts'
/**
 * Disguises used by spammers: the hand-written half of the folding tables. The other half, traditional forms and sound
 * neighbours, is generated from it by scripts/build-fold-table.ts; docs/folding.md lists both. Every table is a string of entries
 * separated by white space.
 */

/**
 * Words that spammers disguise. Only inside them may a character be replaced by a neighbour in sound or shape, by its components,
 * or by its pinyin, and still fold to the word. `!`: too similar to ordinary words for neighbours that ordinary text uses; only
 * unusual characters, components and pinyin count.
 */
export const WORDS = foldTablesWords.words

/**
 * Curated neighbours in sound and shape, `character:neighbours`. Inside a word of WORDS any number of characters may be replaced
 * by these, but only one by a generated sound neighbour.
 */
export const NEIGHBOURS = foldTablesWords.neighbours

/** Characters split into components, `character=components`. */
export const SPLITS = foldTablesWords.splits

/** Components that are not characters on their own: they always indicate a split character. */
export const COMPONENTS = foldTablesWords.components

/** Splits whose parts are characters themselves: folded only inside a word of WORDS. */
export const LOOSE_SPLITS = foldTablesWords.looseSplits

/** Characters not used in ordinary text that replace another wherever they occur, `character:stand-ins`. */
export const GLYPHS = foldTablesWords.glyphs

/** Other spellings in ordinary use, `from=to`: folded for the model, not counted as evidence. */
export const SPELLINGS = foldTablesWords.spellings

/** Disguises found by no rule, `from=to`. A Latin letter or digit at either end must not continue a word. */
export const PHRASES = foldTablesWords.phrases

/** Names for WeChat and QQ with other meanings, `from=to`: folded only before an id or after a verb of adding. */
export const CONTACT_NAMES = foldTablesWords.contactNames

/** CONTACT_NAMES that are ordinary words or letters: they need both a verb of adding and an id. */
export const EVERYDAY_NAMES = foldTablesWords.everydayNames

/** CONTACT_NAMES that are in ordinary use too: folded, not counted. */
export const SHORTHAND_NAMES = foldTablesWords.shorthandNames

/** Characters after which CONTACT_NAMES count. */
export const ADDING = foldTablesWords.adding
export const ADDING_DISGUISED = foldTablesWords.addingDisguised
/** Like ADDING_DISGUISED, but also endings of ordinary words (卖家微信): only at the start of a clause. */
export const ADDING_DISGUISED_FIRST = foldTablesWords.addingDisguisedFirst
/** Characters after 微, 薇, … or v that make ordinary words. */
export const SHORT_NAME_STOPS = foldTablesWords.shortNameStops

/** Latin words that are disguised with digits, signs and spaces (V0DAF0NE, acc0unt, f r e e). */
export const LATIN_WORDS = `
account accounts access alert amazon amount apple apply approved atm bank banking barclays bet bitcoin block blocked bonus card cash casino chase claim claimed click code confirm congratulations coupon credit crypto customer debit delivery deposit dhl discount ebay facebook fedex free fund funds gift gold google hmrc hsbc immediately info information instagram invest investment iphone join kindly limited link loan loans locked login lottery lucky microsoft mobile money mortgage netflix notice now offer office online order package paypal payment pension pharmacy porn post prize profit promo reward rewards royal sale santander secure security service sex sexy slots stop suspended tax telegram token urgent update usdt user usps verify verified viagra vip vodafone voucher wallet wechat whatsapp win winner within won your click pay pin password telegram refund unlock expired expire activate bill offer
`

/** Rare in simplified Chinese but common in Cantonese and Taiwanese writing, or in names: not a disguise. */
export const EVERYDAY_RARE = foldTablesWords.everydayRare

/** Ordinary words that resemble or overlap a disguise: never folded. */
export const EXCEPTIONS = foldTablesWords.exceptions
