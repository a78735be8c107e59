"""Addresses that follow from the one repository address in `_config.yml`."""

COLAB = "https://colab.research.google.com/github"


def slug(config) -> str:
    """`owner/name` of the repository on GitHub."""
    url = config.html_theme_options["repository_url"].rstrip("/").removesuffix(".git")
    host, _, path = url.partition("github.com/")
    if not host or path.count("/") != 1:
        raise ValueError(f"_config.yml: repository.url must be on GitHub, not {url!r}")
    return path


def colab(config, path: str, branch: str) -> str:
    """The address that opens a notebook of the repository in Colab."""
    return f"{COLAB}/{slug(config)}/blob/{branch}/{path}"


def exercise_in_colab(config, topic: str) -> str:
    """The address that opens a topic's exercise in Colab."""
    return colab(config, f"exercises/{topic}.ipynb", config.html_theme_options["repository_branch"])


def chapter_in_colab(config, docname: str) -> str:
    """The address that opens a chapter in Colab: the notebook published beside the page."""
    return colab(config, f"_sources/{docname}.ipynb", "gh-pages")


def site(config) -> str:
    """The address of the published site: GitHub Pages of the repository."""
    owner, name = slug(config).split("/")
    return f"https://{owner}.github.io/{name}/"


def page_of(config, path: str) -> str:
    """The address of a file or folder on GitHub; `.` is the front page."""
    front = f"https://github.com/{slug(config)}"
    branch = config.html_theme_options["repository_branch"]
    return front if path == "." else f"{front}/tree/{branch}/{path}"
