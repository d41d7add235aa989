"""Figures in the format that Prometheus reads. Its library is loaded by whoever asks for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING

from app import figures
from app.figures import Figure
from app.probes.standing import read_levels
from app.tally import Key

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def write(accept: str) -> tuple[bytes, str]:
    """Return all figures and their content type, as the one who asks takes them (OpenMetrics, or Prometheus' text)."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry()
    registry.register(_Collector())
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Collector:
    """What a registry asks for its metrics."""

    def collect(self) -> Iterator[Metric]:
        sums = figures.read()
        for figure in figures.ALL:
            mine = {key[1:]: value for key, value in sums.items() if key[0] == figure.name}
            yield _histogram(figure, mine) if figure.buckets else _counter(figure, mine)
        yield from _levels()

    def describe(self) -> list[Metric]:
        return []  # so that registering collects nothing


def _levels() -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    for level in read_levels():
        metric = GaugeMetricFamily(level.name, level.words, labels=[level.label])
        for label, value in level.values.items():
            metric.add_metric([label], value)
        yield metric


def _counter(figure: Figure, sums: Mapping[Key, float]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    metric = CounterMetricFamily(figure.name, figure.words, labels=figure.labels)
    for (_, *labels), value in sorted(sums.items()):
        metric.add_metric(labels, value)
    return metric


def _histogram(figure: Figure, sums: Mapping[Key, float]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    metric = HistogramMetricFamily(figure.name, figure.words, labels=figure.labels)
    bounds = [*map(str, figure.buckets), figures.REST]
    for labels in sorted({key[1:] for key in sums}):
        counts = accumulate(sums.get((bound, *labels), 0.0) for bound in bounds)  # each holds those below it
        metric.add_metric(labels, list(zip(bounds, counts, strict=True)), sums.get((figures.SUM, *labels), 0.0))
    return metric
