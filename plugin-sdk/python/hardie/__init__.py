"""What a plugin is given. Everything here is read-only; nothing is read before it is asked for.

`state`, `http`, `secrets`, `status`, `clock`, `random` and `caller` are there as far as the project names them under `uses`, and for web requests
there is `web`.
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
