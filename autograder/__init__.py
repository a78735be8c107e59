"""The course's own tools: build the exercises, prove them, grade a class.

``python -m autograder`` is the way in; `autograder.course` says where everything lies.
"""
