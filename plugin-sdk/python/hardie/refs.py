"""What a ref's name says."""


class Named:
    """Something with the full name of a ref."""

    name: str

    @property
    def is_branch(self) -> bool:
        return self.name.startswith("refs/heads/")

    @property
    def is_tag(self) -> bool:
        return self.name.startswith("refs/tags/")

    @property
    def short_name(self) -> str:
        """The name without `refs/heads/`, `refs/tags/` or `refs/`."""
        for prefix in ("refs/heads/", "refs/tags/", "refs/"):
            if self.name.startswith(prefix):
                return self.name[len(prefix) :]
        return self.name
