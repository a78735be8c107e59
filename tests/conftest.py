"""What all tests share: property tests that give the same verdict on every run and machine."""

from hypothesis import settings

# no deadline: a loaded machine is no failure; no database: tests write nothing into the tree
settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("house")
