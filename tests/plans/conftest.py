from tests.clock import clock, holder, installed  # noqa: F401 - fixtures
