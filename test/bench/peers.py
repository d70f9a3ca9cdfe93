"""peers.py TRAIN TEST: macro-F1 of scikit-learn's LinearSVC over character 1-3-grams: counts, TF-IDF with the defaults of
scikit-learn, and TF-IDF with sublinear counts of what two texts hold at least."""
import sys
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC


def read(path):
    rows = [line.split("\t", 1) for line in open(path, encoding="utf-8").read().split("\n") if line]
    return [text for _, text in rows], [label for label, _ in rows]


GRAMS = {"analyzer": "char", "ngram_range": (1, 3)}
READERS = {
    "counts": CountVectorizer(**GRAMS),
    "tfidf": TfidfVectorizer(**GRAMS),
    "sublinear": TfidfVectorizer(**GRAMS, sublinear_tf=True, min_df=2),
}

train, labels = read(sys.argv[1])
test, truth = read(sys.argv[2])
for name, reader in READERS.items():
    model = LinearSVC().fit(reader.fit_transform(train), labels)
    print(name, round(f1_score(truth, model.predict(reader.transform(test)), average="macro"), 4))
