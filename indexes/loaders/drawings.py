"""The text in charts and diagrams of Office files (ECMA-376 part 1, chapter 21), read from their own XML
parts.
"""

from itertools import zip_longest
from typing import Any

from indexes.loaders.outline import join_cells


def get_name(element: Any) -> str:
    """The element's name without its namespace, which differs between strict and transitional files."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def get_attribute(element: Any, name: str) -> str:
    """An attribute by its name without its namespace; empty where there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def choose_alternative(element: Any) -> Any:
    """Of `mc:AlternateContent` the choice, or the fallback for old programs; never both, they say the
    same.
    """
    options = list(element)
    choices = [option for option in options if get_name(option) == "Choice" and len(option)]
    return (choices or options or [None])[0]


def read_chart(chart: Any) -> list[str]:
    """The titles of a chart and its axes, then a line per category: "2019 | 120 | 80", under the names of
    the series.
    """
    lines = [text for title in chart.iter("{*}title") if (text := _join_runs(title))]
    names, columns = [], []
    categories: list[str] = []
    for series in chart.iter("{*}ser"):
        names.append(" ".join(_read_points(series, "tx")))
        categories = max(categories, _read_points(series, "cat") or _read_points(series, "xVal"), key=len)
        columns.append(_read_points(series, "val") or _read_points(series, "yVal"))
    lines.append(join_cells(["", *names]))
    lines += (join_cells(list(row)) for row in zip_longest(categories, *columns, fillvalue=""))
    return [line for line in lines if line]


def read_diagram(diagram: Any) -> list[str]:
    """The texts of a SmartArt, one line per shape, in the order of its data model."""
    lines = (_join_runs(point) for point in diagram.iter("{*}pt") if point.get("type", "node") != "pres")
    return [line for line in lines if line]


def _read_points(series: Any, part: str) -> list[str]:
    return [value.text or "" for found in series.iterfind(f"{{*}}{part}") for value in found.iter("{*}v")]


def _join_runs(element: Any) -> str:
    lines = ("".join(run.text or "" for run in line.iter("{*}t")) for line in element.iter("{*}p"))
    return " ".join(" ".join(lines).split()) or " ".join(value.text or "" for value in element.iter("{*}v"))
