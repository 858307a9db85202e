"""Paths that an intent or a policy names: POSIX text on every system, never looked up."""


def clean_path(path: str) -> str:
    """Shorten a path by its `.`, `..` and empty segments; nothing left is `.`."""
    is_rooted = path.startswith("/")
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif segment not in ("", ".") and not (segment == ".." and is_rooted):
            kept.append(segment)
    return ("/" if is_rooted else "") + "/".join(kept) or "."


def is_below(path: str, prefix: str) -> bool:
    """Tell whether a clean path is a clean prefix or lies below it; all lie below `/`."""
    return prefix in ("/", path) or path.startswith(f"{prefix}/")
