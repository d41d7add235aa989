"""DRAFT (being replaced): storage."""
class StorageError(Exception):
    kind="limit"; advice=""
class Storage:
    def __init__(self, url): pass
