"""A student's side of the course. The hub sets these variables when it starts the server."""

import os

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = os.environ["NBGRADER_COURSE"]
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
c.Exchange.root = os.environ["NBGRADER_EXCHANGE"]
# Only members of the hub's group nbgrader-<course> are offered the assignments.
c.Authenticator.plugin_class = "nbgrader.auth.jupyterhub.JupyterHubAuthPlugin"
