"""The book: its pages, and how they are executed, built and printed."""

import autograder  # noqa: F401 (first of all: it makes the import of jsonschema quick)
