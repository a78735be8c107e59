"""The instructors' formgrader."""

c = get_config()  # noqa: F821

# Formgrader shows what students' code printed, in the instructor's session: scripts are taken out.
c.HTMLExporter.sanitize_html = True
