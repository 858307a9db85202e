"""The part of the bridge that reviews calls: what the engine shows, checks, mints and denies.

The private key is only ever a path here: the engine loads it, signs, and forgets it.
"""

from functools import partial
from typing import Final, cast

from gait_engine.api.shapes import (
    DenyRequest,
    GaitError,
    KeySources,
    MintRequest,
    Notice,
    PendingAnswer,
    PendingItem,
    PolicyBlocked,
    ReviewCheckAnswer,
    ReviewDenyAnswer,
    ReviewLogAnswer,
    ReviewMintAnswer,
    ReviewSetting,
    ReviewShowAnswer,
    ReviewTarget,
)
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query, Reviewed, argv
from gait_tui.readings import Outcome
from gait_tui.services.config import Approval
from gait_tui.targets import standard_roots

DEV: Final = "dev"
"""What may be given for a key, and is refused by the engine: a key made up for one run."""


class ReviewDesk:
    """Puts the questions of a review to the engine; `key` is the path of the key to sign with."""

    def __init__(self, bridge: Bridge, approval: Approval, *, read_only: str) -> None:
        self.bridge = bridge
        self.approval = approval
        self.read_only = read_only

    def setting(self, key: str) -> ReviewSetting:
        """Say where to look and what to check and sign with; all of it is the user's own word."""
        from gait_engine.api.pending import roots_of

        own, is_dev, spelled = self.approval, key == DEV, self.bridge.beside_home
        return ReviewSetting(
            roots=roots_of(self._roots()),
            key_mode=DEV if is_dev else "prod",
            signing_keys=KeySources(private_key="" if is_dev else spelled(key)),
            kill_switch_state=spelled(own.kill_switch_state),
            wrkr_inventory=spelled(own.wrkr_inventory),
            max_ttl=own.max_ttl,
            trace_keys=KeySources(public_key=spelled(own.trace_public_key)),
        )

    def query(self, target: ReviewTarget, key: str) -> Query:
        """Return the question that shows a call."""
        return Query(commands.REVIEW, (), Reviewed(target, self.setting(key), self._roots()))

    def show(self, target: ReviewTarget, key: str) -> Outcome[ReviewShowAnswer]:
        """Show a call, everything computed anew."""
        return cast("Outcome[ReviewShowAnswer]", self.bridge.outcome(self.query(target, key)))

    def changed(self, shown: ReviewShowAnswer, key: str) -> tuple[Notice, ...]:
        """Say which file is no longer what was shown; what cannot be found out has changed too."""
        from gait_engine.api.review import changed

        try:
            return changed(shown, self.setting(key), host=self.bridge.host)
        except GaitError as error:
            return (Notice(code=error.code, text=error.message, where=error.where),)

    def check(self, request: MintRequest, key: str) -> Outcome[ReviewCheckAnswer]:
        """Say what a request would do; nothing is written."""
        from gait_engine.api import review

        setting, host = self.setting(key), self.bridge.host
        words = argv(self.query(request.target, key))
        call = partial(review.check, request, setting, host=host)
        return self.bridge.attempt(words, call, part="check")

    def mint(self, request: MintRequest, key: str) -> Outcome[ReviewMintAnswer]:
        """Mint a token; the engine logs, signs, reads back and logs, in that order."""
        from gait_engine.api import review

        setting, host = self.setting(key), self.bridge.host
        words = argv(self.query(request.target, key))

        def call() -> ReviewMintAnswer:
            self._refuse_reading_only()
            return review.mint(request, setting, host=host)

        return self.bridge.attempt(words, call, part="mint")

    def deny(self, request: DenyRequest, key: str) -> Outcome[ReviewDenyAnswer]:
        """Log a denial."""
        from gait_engine.api import review

        setting, host = self.setting(key), self.bridge.host
        words = argv(self.query(request.target, key))

        def call() -> ReviewDenyAnswer:
            self._refuse_reading_only()
            return review.deny(request, setting, host=host)

        return self.bridge.attempt(words, call, part="deny")

    def pending_query(self) -> Query:
        """Return the question what waits; tokens are checked with the key that would sign."""
        reviewed = Reviewed(ReviewTarget(), self._checking(), self._roots())
        return Query(commands.PENDING, (), reviewed)

    def inbox_query(self) -> Query:
        """Return the question what needs a person, with the keys of the settings."""
        roots, own = self.bridge.roots, self._checking()
        keys = (own.approval_keys, own.trace_keys)
        plain = Query(commands.INBOX, roots, limits=self.bridge.limits)
        if all(one.is_empty for one in keys) and not own.kill_switch_state + own.wrkr_inventory:
            return plain
        reviewed = Reviewed(ReviewTarget(), own, roots)
        return plain._replace(targets=(), review=reviewed)

    def _checking(self) -> ReviewSetting:
        own = self.approval
        key = "" if own.key_path in {"", DEV} else self.bridge.beside_home(own.key_path)
        checking = KeySources(private_key=key)
        return self.setting("")._replace(key_mode="", approval_keys=checking)

    def pending(self) -> Outcome[PendingAnswer]:
        """List the calls that wait for a person, newest first; settled traces are passed by."""
        from gait_engine.api.pending import pending

        query, bridge = self.pending_query(), self.bridge
        setting = query.review.setting if query.review else self._checking()
        return bridge.attempt(
            argv(query),
            lambda: pending(setting, host=bridge.host, passed_by=bridge.settled_traces()),
        )

    def glance(self, target: ReviewTarget, key: str) -> Outcome[ReviewShowAnswer]:
        """Show a call beside a list: nothing is decided there, settled traces are passed by."""
        from gait_engine.api.review import show

        query, bridge, setting = self.query(target, key), self.bridge, self.setting(key)
        return bridge.attempt(
            argv(query),
            lambda: show(target, setting, host=bridge.host, passed_by=bridge.settled_traces()),
        )

    def log_query(self) -> Query:
        """Return the question what people decided."""
        return Query(commands.REVIEW_LOG, ())

    def log(self) -> Outcome[ReviewLogAnswer]:
        """List what people decided."""
        return cast("Outcome[ReviewLogAnswer]", self.bridge.outcome(self.log_query()))

    def waiting(self) -> tuple[PendingItem, ...]:
        """List the calls that wait for a person, newest first; none where that cannot be said."""
        from gait_engine.api.pending import pending

        setting = self.setting(self.approval.key_path)
        outcome = self.bridge.attempt(
            ("pending", "--json"), lambda: pending(setting, host=self.bridge.host)
        )
        return outcome.answer.items if outcome.answer else ()

    def seconds_left(self, expires_at: str) -> int:
        """Say how long a token is still good."""
        from gait_engine.api.review import seconds_left

        return seconds_left(expires_at, host=self.bridge.host)

    def _roots(self) -> tuple[str, ...]:
        """Return the folders that were named; the usual ones go without saying."""
        roots, usual = self.bridge.roots, standard_roots(self.bridge.host)
        return () if set(roots) <= set(usual) else roots

    def _refuse_reading_only(self) -> None:
        if self.read_only:
            raise PolicyBlocked(f"review: this session only reads, {self.read_only}")
