"""The index as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.index import IndexAnswer


def _index(answer: IndexAnswer) -> Iterator[str]:
    for row in answer.rows:
        facts = row.error or f"{row.created_at}  {row.manifest_digest[:12]}"
        yield f"{row.kind:13} {row.run_id or '?'}  {row.path}  {facts}"
    for root in answer.roots:
        yield f"searched {root.path}: {root.state}, {root.artifacts} artifacts"


RENDERERS: Final[Renderers] = {
    IndexAnswer: _index,
}
