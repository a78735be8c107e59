"""The boundary between trusted code and a student's: two processes, and only data between them.

Trusted side: `tester` runs otter's test files with `standins` as their arguments.
Untrusted side: `worker` runs the notebook's cells in a tame `shell` and answers calls.
Between them: `peer` holds the conversation, `wire` and `kinds` are the only language it has.
Around the worker: `warm` forks it, `jail` locks it in, `view` is all that it sees.
"""
