"""What students and instructors of the course share. The hub sets both variables."""

import os

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = os.environ["NBGRADER_COURSE"]
c.Exchange.root = os.environ["NBGRADER_EXCHANGE"]
