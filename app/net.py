"""DRAFT (being replaced): net."""
class FetchError(Exception):
    kind="fetch_failed"; advice=""
class FetchSettings:
    def __init__(self, **k): pass
class Fetcher:
    def __init__(self, s): pass
