import { given } from '../../domain/given.ts'
import type { CorpusCard } from '../../text/reader/artifact.ts'
import type { Corpus } from './corpus.ts'

/** Limits of a model trained on templates. */
export const LIMITS = [
  'Trained on Chinese and English; other languages score by their numbers and links alone.',
  'Short messages of strangers (wrong number, greeting) cannot be told from personal ones by their text.',
  'A message that only its sender betrays, a perfect copy of a genuine notice, scores as a notice: the registry detectors judge the sender.',
  'Most templates are invented: the scores on corpora of real traffic in docs/model.md are the honest measure.',
]
export const MUST_NOT = [
  'Judging or profiling people by what they write.',
  'Blocking without the policy and review that the deployment sets: a label is no proof.',
  'Censorship of opinion: it knows commerce and crime, not politics.',
]

/** The entry of a corpus in the model card. */
export function corpusCard(corpus: Corpus): CorpusCard {
  const { name, sha256, rows } = corpus
  const source = SOURCES.find(([pattern]) => name.includes(pattern))?.[1]
  return { name, sha256, rows: rows.length, ...given({ source }) }
}

/** Sources of the public corpora, by a part of their file names. */
const SOURCES: readonly (readonly [string, string])[] = [
  [
    'fbs',
    'FBS_SMS_Dataset, "Lies in the Air: Characterizing Fake-base-station Spam Ecosystem in China", CCS 2020',
  ],
  ['nus', 'NUS SMS Corpus, Chen and Kan, "Creating a Live, Public Short Message Service Corpus", 2013'],
  ['uci', 'SMS Spam Collection, Almeida and Gómez Hidalgo, UCI, CC BY 4.0'],
  ['india', 'SMS of India, ham and spam, MIT licence'],
]
