"""The course's own tools: build the exercises, prove them, grade a class.

``python -m autograder`` is the way in; `autograder.course` says where everything lies.
"""

import sys

# jsonschema, which checks notebooks, builds this grammar of internationalised addresses when it is
# imported, which takes two seconds of each command. No notebook holds an address to be checked.
sys.modules.setdefault("rfc3987_syntax", None)
