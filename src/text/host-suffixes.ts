import { hostSuffixesWords } from './words.generated.ts'
/** Suffixes searched for after disguised dots and in spaced letters: those used by spam, and the reserved ones. */
export const DISGUISED_SUFFIXES = new Set(
  'com cn net org top xyz cc vip shop site club online icu info ltd fun ink store tech website space buzz cyou click example test invalid tk ml ga cf gq pw io link win bid loan men tv co hk tw us uk ru asia biz mobi wang ren cfd sbs live pro app me work gov edu'.split(
    ' ',
  ),
)

/** Those that are also words: after a space or a full stop they need more evidence. */
export const WORD_SUFFIXES = new Set(
  'live pro app me work us link win men info click space online store fun test co bid loan shop site club tech'.split(
    ' ',
  ),
)

/** Suffixes that may start a sentence if a space is missing: a bare host of two plain words is not a link. */
export const SENTENCE_SUFFIXES = new Set(
  'is in it so to me my am at be by do no us as id im la ma pa li hi or and the he we va st live today love one men fun work life news now how here you zero fit win best cool help hot bet buy date fan fail fish game gift guide health home host house law man market meet menu mom money movie new open page party pay pet phone photo pics pink play plus read red rest rip run safe sale save school search sex show sky social song study style talk tax team tips town toys trade training travel trust vet video vote watch wed yes yoga word'.split(
    ' ',
  ),
)

export const FILE_SUFFIXES = new Set('md py zip mov rs ps pl sh java app'.split(' '))

/** Abbreviations that end with a full stop. */
export const ABBREVIATIONS = new Set(
  'dr mr mrs ms st no vs prof jr sr inc ltd co corp dept est approx tel ext fig vol pp'.split(' '),
)

/** Reserved by RFC 2606 and RFC 6761: never registered, used in texts for example links. */
export const RESERVED_SUFFIXES = new Set(['test', 'example', 'invalid'])

export const CHINESE_SUFFIXES = new Set(hostSuffixesWords.chineseSuffixes.split(' '))
