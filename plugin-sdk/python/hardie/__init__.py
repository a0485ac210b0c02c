"""What a plugin is given. Everything here is read-only; nothing is read before it is asked for.

Handlers of events also have `state`, `http`, `secrets`, `status`, `clock` and `random`, as far as their project names them under `uses`.
"""

from .commit import Commit, Signature
from .config import FieldError
from .event import Event, Moved
from .pages import ReadError, ServerError
from .push import Push, Update
from .repository import Change, ChangeSide, NewObject, Repository, TreeEntry
from .retry import Retry

__all__ = [
    "Change",
    "ChangeSide",
    "Commit",
    "Event",
    "FieldError",
    "Moved",
    "NewObject",
    "Push",
    "ReadError",
    "Repository",
    "Retry",
    "ServerError",
    "Signature",
    "TreeEntry",
    "Update",
]
