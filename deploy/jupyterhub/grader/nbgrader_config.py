"""The instructors' formgrader; the rest stands in the course's own nbgrader_config.py."""

c = get_config()  # noqa: F821

# Formgrader shows what students wrote in the instructor's session: scripts are taken out of it.
c.HTMLExporter.sanitize_html = True
