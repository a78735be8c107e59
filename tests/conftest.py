"""What all tests share: the site in a browser, and property tests with the same verdict always."""

from exploring import explore, opened  # noqa: F401 - fixtures
from hypothesis import settings
from website import browser, links, page, server, site  # noqa: F401 - fixtures

# no deadline: a loaded machine is no failure; no database: tests write nothing into the tree
settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("house")
