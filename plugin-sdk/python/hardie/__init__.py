"""What a policy is given. Everything here is read-only; nothing is read before it is asked for."""

from .commit import Commit, Signature
from .config import FieldError
from .pages import ReadError
from .push import Push, Update
from .repository import Change, ChangeSide, NewObject, Repository, TreeEntry

__all__ = [
    "Change",
    "ChangeSide",
    "Commit",
    "FieldError",
    "NewObject",
    "Push",
    "ReadError",
    "Repository",
    "Signature",
    "TreeEntry",
    "Update",
]
