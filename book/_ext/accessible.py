"""Cure what the themes' pages get wrong for people who do not see them."""

from pathlib import Path

FOLD = '<summary{}><span class="toctree-toggle"'
CURES = {
    # a fold in the sidebar says nothing
    FOLD.format(""): FOLD.format(' aria-label="Pages below"'),
    # a label that hides the words it stands for
    '<summary aria-label="Toggle hidden content">': "<summary>",
    # a heading of a column that has none
    '<th class="head"><p></p></th>': '<td class="head"></td>',
    # without scripts nobody chooses a theme
    'data-theme="auto">': 'data-theme="light">',
    # a module's name is one long word: let it break where it has a dot
    "<h1>efficientai.": "<h1>efficientai<wbr>.",
    # roles that ARIA has given up, and a list of which only some children are items
    ' role="doc-biblioentry"': "",
    '<div role="list" class="citation-list">': '<div class="citation-list">',
}


def cure(app, exception) -> None:
    """Correct every page of the finished site."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        before = after = page.read_text(encoding="utf-8")
        for wrong, right in CURES.items():
            after = after.replace(wrong, right)
        if after != before:
            page.write_text(after, encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", cure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
