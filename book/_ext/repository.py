"""Addresses that follow from the one repository address in `_config.yml`."""

from urllib.parse import quote, urlencode


def slug(config) -> str:
    """`owner/name` of the repository on GitHub."""
    url = config.html_theme_options["repository_url"].rstrip("/").removesuffix(".git")
    host, _, path = url.partition("github.com/")
    if not host or path.count("/") != 1:
        raise ValueError(f"_config.yml: repository.url must be on GitHub, not {url!r}")
    return path


def launches(config, published: str, colab: tuple[str, str]) -> dict[str, str]:
    """Where a notebook can be opened, name → address, the place to offer first at the front.

    Args:
        config: Sphinx's; the services are those of `launch_buttons` in `_config.yml`.
        published: the notebook's path on the published site, hence on the branch `gh-pages`.
        colab: the branch and the path that Colab reads.
    """
    service = config.html_theme_options["launch_buttons"]
    branch, path = colab
    places = {
        "JupyterHub": ("jupyterhub_url", f"hub/user-redirect/{_pull(config, published)}"),
        "Colab": ("colab_url", f"github/{slug(config)}/blob/{branch}/{path}"),
        "Binder": ("binderhub_url", _binder(config, published)),
    }
    return {
        name: f"{service[key].rstrip('/')}/{rest}"
        for name, (key, rest) in places.items()
        if service.get(key)
    }


def _pull(config, path: str) -> str:
    """What tells nbgitpuller to fetch the published site and open one of its notebooks."""
    name = slug(config).partition("/")[2]
    url = f"https://github.com/{slug(config)}"
    query = {"repo": url, "branch": "gh-pages", "urlpath": f"lab/tree/{name}/{path}"}
    return f"git-pull?{urlencode(query)}"


def _binder(config, path: str) -> str:
    """An environment made from `binder/`, in which the published site is then fetched."""
    branch = config.html_theme_options["repository_branch"]
    return f"v2/gh/{slug(config)}/{branch}?urlpath={quote(_pull(config, path), safe='')}"


def exercise_launches(config, topic: str) -> dict[str, str]:
    """Where a topic's exercise opens, by name; the student's edition in all of them."""
    path = f"exercises/{topic}.ipynb"
    return launches(config, path, (config.html_theme_options["repository_branch"], path))


def chapter_launches(config, docname: str) -> dict[str, str]:
    """Where a chapter opens, by name: the notebook published beside the page."""
    path = f"_sources/{docname}.ipynb"
    return launches(config, path, ("gh-pages", path))


def first(addresses: dict[str, str]) -> str:
    """The address to use where only one link has a place."""
    return next(iter(addresses.values()))


def site(config) -> str:
    """The address of the published site: GitHub Pages of the repository."""
    owner, name = slug(config).split("/")
    return f"https://{owner}.github.io/{name}/"


def page_of(config, path: str) -> str:
    """The address of a file or folder on GitHub; `.` is the front page."""
    front = f"https://github.com/{slug(config)}"
    branch = config.html_theme_options["repository_branch"]
    return front if path == "." else f"{front}/tree/{branch}/{path}"
