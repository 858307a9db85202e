"""Builds the App from options, configuration and terminal, runs it, and gives the terminal back."""

import gc
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, cast

from msgspec.structs import asdict

from gait_engine.api.shapes import Limits
from gait_engine.host import Host
from gait_tui.commands import MIB
from gait_tui.request import Request
from gait_tui.services.config import (
    Loaded,
    asked_to_read_only,
    load_config,
    themes_folder,
    why_read_only,
)
from gait_tui.services.log import log_crash
from gait_tui.services.state import read_state
from gait_tui.services.term import (
    Depth,
    Terminal,
    choose_ascii,
    choose_theme,
    prepare_textual,
)
from gait_tui.surroundings import Surroundings

if TYPE_CHECKING:
    from gait_tui.app import Options


def run(request: Request, target: str, terminal: Terminal, host: Host) -> int:
    """Run the App; the exit code is 1 when it crashed, with the traceback in the log."""
    loaded = load_config(host, file=request.config)
    settings = loaded.config
    for warning in loaded.warnings:
        sys.stderr.write(f"gait tui: {warning}\n")
    name = choose_theme(
        terminal, flag=request.theme, configured=settings.theme, kept=read_state(host).theme
    )
    environ = cast("MutableMapping[str, str]", host.env)
    prepare_textual(environ, terminal)

    from gait_tui.app import GaitApp, Options

    flag = "--read-only" in request.switches
    options = Options(
        roots=request.roots or settings.roots,
        target=target,
        origin="footer from stdin" if request.target == "-" else "given footer",
        screen=request.screen or settings.screen,
        theme=name,
        has_theme_set=settings.theme not in ("", "auto"),
        truecolor=terminal.depth is Depth.TRUECOLOR,
        ascii_only=choose_ascii(
            terminal, flag="--ascii" in request.switches, configured=settings.glyphs
        ),
        limits=Limits(settings.index.max_files, settings.index.max_file_mb * MIB),
        poll_seconds=settings.poll_seconds,
        bell=settings.bell,
        columns=asdict(settings.columns),
        sorts=asdict(settings.sort),
        pager=settings.pager,
        wrap=settings.wrap,
        # In a browser the clipboard is the browser's: the tools of this machine know another.
        clipboard="osc52" if "--web" in request.switches else settings.clipboard,
        mouse=settings.mouse and "--no-mouse" not in request.switches,
        read_only=bool(asked_to_read_only(settings, host.env, flag=flag)),
        undecided=why_read_only(settings, host.env, flag=flag),
        approval=settings.approval,
        keys=settings.keys,
        user_themes=themes_folder(host),
    )
    options = options._replace(
        when_read=_pass_by, surroundings=_surroundings(loaded, terminal, options)
    )
    app = GaitApp(host, options)
    for warning in app.loaded.warnings:
        sys.stderr.write(f"gait tui: {warning}\n")
    gc.freeze()  # what is loaded by now stays
    app.run(mouse=options.mouse)
    if app.crash is not None:
        place = log_crash(app.crash, host) or "nowhere: the log cannot be written"
        sys.stderr.write(f"gait tui: stopped by a defect of its own; the traceback is in {place}\n")
        return 1
    return app.return_value or 0


def _pass_by() -> None:
    """Look for garbage in all there is by now, and never again: that would hold up the keys."""
    gc.collect()
    gc.freeze()


def _surroundings(loaded: Loaded, terminal: Terminal, options: "Options") -> Surroundings:
    """Say what the Health tab shows of this session."""
    return Surroundings(
        terminal=terminal,
        clipboard=options.clipboard,
        mouse=options.mouse,
        ascii_only=options.ascii_only,
        files=tuple(map(str, loaded.sources)),
        own_file=str(loaded.own),
        warnings=loaded.warnings,
        key_path=options.approval.key_path,
        approver=options.approval.approver,
    )
