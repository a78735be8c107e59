"""Takes otter's place in a worker: a check is done on the other side of the boundary."""

_ask = None  # set by the worker


class Notebook:
    """What `grader` is in a notebook that is being graded."""

    def __init__(self, *args, **kwargs):
        pass

    def check(self, question, global_env=None):
        """Have the question's tests run now, in this state of the notebook."""
        _ask("check", str(question))

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None  # otter's grading mode skips export and the like, too
