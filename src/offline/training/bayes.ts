import BayesClassifier from 'natural/lib/natural/classifiers/bayes_classifier.js'
import PorterStemmer from 'natural/lib/natural/stemmers/porter_stemmer.js'
import { mostFrequent } from '../../domain/maps.ts'

const FOLDS = 5
/** `natural` multiplies probabilities and visits every known token for every text, so both are kept small. */
const VOCABULARY = 4000
const TOKENS_A_TEXT = 80
/** Small, because `natural` gives an unseen token more weight in a small class than in a large one. */
const SMOOTHING = 0.001
const WORD = /[a-z]+|\d+|[\u3400-\u9fff]+/g

/**
 * Tokens of the baseline, each once per text: stems of Latin words, one token for numbers, pairs of Chinese characters
 * (`natural`'s own tokenizer drops Chinese).
 */
export function bayesTokens(text: string): string[] {
  const tokens = new Set<string>()
  for (const [word] of text.toLowerCase().matchAll(WORD)) {
    const first = word.charCodeAt(0)
    if (first >= 0x3400) {
      for (let i = 0; i + 2 <= word.length; i++) tokens.add(word.slice(i, i + 2))
      if (word.length === 1) tokens.add(word)
    } else if (first < 0x3a) tokens.add('0')
    else tokens.add(PorterStemmer.stem(word))
  }
  return [...tokens]
}

/**
 * Labels (as in `truth`) predicted by naive Bayes with five-fold cross-validation; texts of a group (near-duplicates) are in
 * the same fold.
 */
export function crossValidateBayes(
  texts: readonly string[],
  truth: readonly number[],
  groups: ArrayLike<number>,
): Int32Array {
  const tokens = frequentTokens(texts.map(bayesTokens))
  const fold = (i: number) => (Math.imul(groups[i] as number, 0x9e3779b1) >>> 8) % FOLDS
  const predicted = new Int32Array(texts.length)
  for (let held = 0; held < FOLDS; held++) {
    const bayes = new BayesClassifier(undefined, SMOOTHING)
    for (let i = 0; i < texts.length; i++) {
      if (fold(i) !== held) bayes.addDocument(tokens[i] as string[], String(truth[i]))
    }
    if (bayes.docs.length === 0) continue
    bayes.train()
    for (let i = 0; i < texts.length; i++) {
      if (fold(i) === held) predicted[i] = Number(bayes.classify(tokens[i] as string[]))
    }
  }
  return predicted
}

function frequentTokens(texts: readonly string[][]): string[][] {
  const known = new Set(mostFrequent(texts.flat(), VOCABULARY).map(([token]) => token))
  return texts.map((tokens) => tokens.filter((token) => known.has(token)).slice(0, TOKENS_A_TEXT))
}
