"""What can go wrong with a group of processes.

ProdmlError
└── GroupError    a process did not start, is not ready in time, or there is none of that name
"""

from prodml.errors import ProdmlError


class GroupError(ProdmlError):
    """Raised when a process of a group does not start or is not ready in time, and for a name that it does not have."""
