"""BM25 over words of any script; the only module that knows tantivy.

Words are made by `indexes.words` and stemmed here, so that index and question are always cut the same way.
BM25: Robertson, Zaragoza, The Probabilistic Relevance Framework, 2009 (k1 1.2, b .75, Lucene's form of the IDF).
"""

import math
import shutil
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from indexes.words import split_words

_WRITER_BYTES = 50_000_000
_STOP = frozenset(
    (
        "a an and are as at be but by can could did do does for from had has have how i if in into is it its me my no "
        "not of on or our shall she should so such that the their them then there these they this to was we were what "
        "when where which who whom whose why will with would you your "
        "der die das und ist ein eine im mit von zu auf für den dem wie was "
        "le la les de des et est un une en du que qui pour dans el los las es una con por para "
    ).split()
)


def make_terms(text: str) -> list[str]:
    """The terms of `text` in order: its words without the ones that say nothing, stemmed where they are English."""
    return [_stem(word) for word in split_words(text) if word not in _STOP]


@cache
def _analyzer() -> Any:
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.ascii_fold()).filter(tantivy.Filter.stemmer("english")).build()


@lru_cache(maxsize=100_000)
def _stem_cached(word: str) -> str:
    stems = _analyzer().analyze(word)
    return str(stems[0]) if stems else word


def _stem(word: str) -> str:
    return _stem_cached(word) if len(word) < 40 else word  # noqa: PLR2004 - keys and hashes have no stem


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=True, indexed=True, fast=True)
    builder.add_text_field("terms", stored=False, tokenizer_name="whitespace")
    return builder.build()


def write_lexical_index(
    folder: Path, rows: Iterable[tuple[int, str]], *, base: Path | None = None, gone: Iterable[int] = ()
) -> None:
    """Write an index of (chunk id, text) into an empty folder: what `base` holds, less `gone`, and `rows`."""
    import tantivy

    folder.mkdir(parents=True, exist_ok=True)
    if base is not None:
        shutil.copytree(base, folder, dirs_exist_ok=True)
    writer = tantivy.Index(_schema(), path=str(folder)).writer(_WRITER_BYTES, 1)
    for chunk_id in gone:
        writer.delete_documents_by_term("id", chunk_id)
    for chunk_id, text in rows:
        document = tantivy.Document()
        document.add_integer("id", chunk_id)
        document.add_text("terms", " ".join(make_terms(text)))
        writer.add_document(document)
    writer.commit()
    writer.garbage_collect_files()
    writer.wait_merging_threads()


class LexicalIndex:
    """A written index, open for reading from many threads."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        self._schema = _schema()
        self._searcher = tantivy.Index.open(str(folder)).searcher()

    def search(self, terms: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The best `k` chunks for any of `terms`, best first: (chunk id, BM25 score)."""
        if not terms or k <= 0:
            return []
        should, query = self._tantivy.Occur.Should, self._tantivy.Query
        parts = [(should, query.term_query(self._schema, "terms", term, "freq")) for term in dict.fromkeys(terms)]
        # Uncounted, so that what can't be among the best is passed over. Ids come from their column, no chunk is read.
        hits = self._searcher.search(query.boolean_query(parts), k, count=False).hits
        ids = self._searcher.fast_field_values("id", [address for _, address in hits])
        return [(int(chunk_id), float(score)) for chunk_id, (score, _) in zip(ids, hits, strict=True)]

    def weigh(self, term: str) -> float:
        """The inverse document frequency of a term: how much it says when it is found."""
        n_with = self._searcher.doc_freq("terms", term)
        n_all = max(self._searcher.num_docs, n_with)  # removed chunks count as having it until segments merge
        return math.log(1 + (n_all - n_with + 0.5) / (n_with + 0.5))
