declare module 'natural/lib/natural/classifiers/bayes_classifier.js' {
  /** Naive Bayes over the presence of tokens. */
  export default class BayesClassifier {
    constructor(stemmer?: unknown, smoothing?: number)
    docs: readonly unknown[]
    addDocument(tokens: readonly string[], label: string): void
    train(): void
    classify(tokens: readonly string[]): string
  }
}

declare module 'natural/lib/natural/stemmers/porter_stemmer.js' {
  const stemmer: { stem(word: string): string }
  export default stemmer
}
