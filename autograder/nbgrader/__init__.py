"""The course in nbgrader's form, graded by our engine while nbgrader keeps the books.

`course` writes the folder that nbgrader works in, `source` its notebooks. `hooks` is what that
folder's configuration puts into nbgrader: a submission is read however broken it is (`mend`), its
code runs behind the boundary instead of in nbgrader's kernel, and each check gets its points.
"""
