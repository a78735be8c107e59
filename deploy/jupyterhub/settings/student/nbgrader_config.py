"""A student's side of the course."""

import os

c = get_config()  # noqa: F821

c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
# Only members of the hub's group nbgrader-<course> are offered the assignments.
c.Authenticator.plugin_class = "nbgrader.auth.jupyterhub.JupyterHubAuthPlugin"
