import { foldTablesWords } from './words.generated.ts'
/**
 * What spammers write instead of what they mean: the hand-kept half of the folding tables (the other half, traditional
 * forms and sound neighbours, is generated from it by scripts/build-fold-table.ts; docs/folding.md lists both).
 * Every table is a string of entries separated by white space.
 */

/**
 * Words worth disguising. Inside them, and only there, a character may be replaced by a neighbour in sound or shape, by
 * its components, or by its pinyin, and the whole still folds to the word. `!`: too near to ordinary words for neighbours
 * that ordinary text uses; only unusual characters, components and pinyin count.
 */
export const WORDS = foldTablesWords.words

/**
 * Curated neighbours in sound and shape, `character:neighbours`. Inside a word of WORDS any number of characters may be
 * replaced by these (generated sound neighbours: one).
 */
export const NEIGHBOURS = foldTablesWords.neighbours

/** Characters torn into components, `character=components`. */
export const SPLITS = foldTablesWords.splits

/** Components that are no characters of their own: where one stands, something was torn. */
export const COMPONENTS = foldTablesWords.components

/** Split whose parts are characters in their own right: folded only inside a word of WORDS. */
export const LOOSE_SPLITS = foldTablesWords.looseSplits

/** Characters that ordinary text does not use and that stand for another wherever they occur, `character:stand-ins`. */
export const GLYPHS = foldTablesWords.glyphs

/** Same word, other spelling, as ordinary people write it: folded for the sake of the model, no evidence. `from=to` */
export const SPELLINGS = foldTablesWords.spellings

/** Disguises that no rule finds, `from=to`. A Latin letter or digit at either end must not continue a word. */
export const PHRASES = foldTablesWords.phrases

/** Names for WeChat and QQ that are words of their own: folded only before an id or after a verb of adding. `from=to` */
export const CONTACT_NAMES = foldTablesWords.contactNames

/** CONTACT_NAMES that are ordinary words or letters: they need both a verb of adding and an id. */
export const EVERYDAY_NAMES = foldTablesWords.everydayNames

/** CONTACT_NAMES that ordinary people write too: folded, not counted. */
export const SHORTHAND_NAMES = foldTablesWords.shorthandNames

/** Characters after which CONTACT_NAMES count. */
export const ADDING = foldTablesWords.adding
/** Disguises of 加 before one of CONTACT_NAMES. */
export const ADDING_DISGUISED = foldTablesWords.addingDisguised
/** The same, but ends of ordinary words too (卖家微信): only at the beginning of a clause. */
export const ADDING_DISGUISED_FIRST = foldTablesWords.addingDisguisedFirst
/** What follows 微, 薇, … or v in words of their own. */
export const SHORT_NAME_STOPS = foldTablesWords.shortNameStops

/** Latin words worth disguising with digits, signs and spaces (V0DAF0NE, acc0unt, f r e e). */
export const LATIN_WORDS = `
account accounts access alert amazon amount apple apply approved atm bank banking barclays bet bitcoin block blocked bonus card cash casino chase claim claimed click code confirm congratulations coupon credit crypto customer debit delivery deposit dhl discount ebay facebook fedex free fund funds gift gold google hmrc hsbc immediately info information instagram invest investment iphone join kindly limited link loan loans locked login lottery lucky microsoft mobile money mortgage netflix notice now offer office online order package paypal payment pension pharmacy porn post prize profit promo reward rewards royal sale santander secure security service sex sexy slots stop suspended tax telegram token urgent update usdt user usps verify verified viagra vip vodafone voucher wallet wechat whatsapp win winner within won your click pay pin password telegram refund unlock expired expire activate bill offer
`

/** Rare in the simplified standard, but everyday in Cantonese and Taiwanese writing, or in names: no disguise. */
export const EVERYDAY_RARE = foldTablesWords.everydayRare

/** Ordinary words that look like a disguise, or overlap one: left as they are wherever they stand. */
export const EXCEPTIONS = foldTablesWords.exceptions
