"""The order of the bibliography: by author, an institution among the people.

BibTeX protects the names of institutions with braces, which would sort them behind all people.
"""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.sorting.author_year_title import SortingStyle


class ByName(SortingStyle):
    """Author, year, title; braces and capitals do not count."""

    def sorting_key(self, entry) -> tuple[str, ...]:
        """What the entries are compared by."""
        return tuple(part.strip("{}").lower() for part in super().sorting_key(entry))


class Works(Style):
    """Pybtex's plain style in that order."""

    default_sorting_style = "by_name"


def setup(app):
    """Register with pybtex, which sphinxcontrib.bibtex asks."""
    register_plugin("pybtex.style.sorting", "by_name", ByName)
    register_plugin("pybtex.style.formatting", "works", Works)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
