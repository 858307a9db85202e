"""The dialog before a command writes: nothing is written until enter is pressed on a whole plan."""

from typing import cast

from textual import events
from textual.message import Message

from gait_engine.api.shapes import Answer, RegressAnswer, RegressBootstrapAnswer
from gait_tui import acting, commands
from gait_tui.acting import Plan
from gait_tui.keys import BY_ID, Hint
from gait_tui.messages import Answered
from gait_tui.models.act import Act, Done
from gait_tui.models.links import Link
from gait_tui.readings import Outcome
from gait_tui.screens.dialogs import Dialog
from gait_tui.views.act import FIELDS, TITLES, ActView, after_lines, before_lines, verb
from gait_tui.views.parts import count
from gait_tui.widgets.dialog import DialogBox


class ActBox(DialogBox):
    """A dialog whose field can be left with tab, so that x is a key and no letter."""

    class Wanted(Message):
        """The command is to be shown."""

    class Left(Message):
        """The field was left, or gone back to."""

    is_typing = True

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("tab", "shift+tab") and self.label:
            self.is_typing = not self.is_typing
            self.post_message(self.Left())
        elif event.key in BY_ID["command"].keys and not (self.label and self.is_typing):
            self.post_message(self.Wanted())
        elif self.is_typing or event.key in ("enter", "escape"):
            await super()._on_key(event)
            return
        else:
            return
        event.stop()
        event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        if self.is_typing:
            await super()._on_paste(event)
        else:
            event.stop()


class ActDialog(Dialog):
    """Plans while a name is typed; enter runs what was planned for exactly that name."""

    box: ActBox

    def __init__(self, act: Act) -> None:
        super().__init__()
        self.act = act
        self.box = ActBox(TITLES[act.kind], self.FOOT, FIELDS.get(act.kind, ""))
        self.plan: Plan | None = None
        self.asked = act
        """The same, the run to judge named once it is known."""
        self.failed: Answer | None = None
        self.is_working = self.has_begun = False
        self.done: Done | None = None

    def begin(self) -> None:
        """Plan under the name that the engine proposes."""
        self.show_keys()
        bridge, act = self.bench.bridge, self.act
        bridge.ask(self, "plan", lambda: acting.first_plan(bridge, act))

    def show_keys(self) -> None:
        """Show the keys where the caret is; enter unless the command would be refused."""
        can_run = self.plan is None or self.plan.is_free
        shown = [Hint("enter", verb(self.act))] if can_run else []
        if self.box.label:
            away = "leave the field" if self.box.is_typing else f"change the {self.box.label}"
            shown.append(Hint("tab", away))
        if not (self.box.label and self.box.is_typing):
            shown.append(Hint("x", "command"))
        self.hint_bar.show([*shown, Hint("esc", "cancel")])

    def draw(self) -> None:
        """Say what will be written, and what stands in the way."""
        look = self.box.inner
        plan = self.plan
        failure = self.failed or (plan.outcome.failure if plan else None)
        view = ActView(
            self.act,
            plan.answer if plan else None,
            failure,
            plan.outcome.at_ns if plan else 0,
            self.is_working,
        )
        self.box.show(before_lines(view, look), after_lines(view, look))

    # ------------------------------------------------------------ keys

    def on_dialog_box_changed(self, message: DialogBox.Changed) -> None:
        """Ask the engine about every letter."""
        if isinstance(message, DialogBox.Submitted) or self.is_working:
            return
        self.failed, self.plan, self.has_begun = None, None, True
        bridge, act, name = self.bench.bridge, self.asked, message.text
        bridge.ask(self, "plan", lambda: acting.plan(bridge, act, name))

    def on_dialog_box_submitted(self, message: DialogBox.Submitted) -> None:
        """Run the command, if it was planned for this name and overwrites nothing it makes."""
        plan = self.plan
        if plan is None or not plan.is_free or self.is_working:
            return
        if self.box.label and plan.name != message.text:
            return
        self.is_working = True
        self.redraw()
        bridge = self.bench.bridge
        bridge.ask(self, "act", lambda: acting.enact(bridge, plan.query))

    def on_act_box_left(self) -> None:
        """Other keys."""
        self.show_keys()

    def on_act_box_wanted(self) -> None:
        """Show the command that enter would run."""
        from gait_tui.screens.pages import CommandScreen

        if self.plan is not None:
            answer = self.plan.answer
            files = tuple(file.path for file in answer.files) if answer else ()
            self.app.push_screen(CommandScreen(self.plan.query, files))

    def cancel(self) -> None:
        """Close, unless the command is at work: what it writes is whole or not there."""
        if not self.is_working:
            self.finish()

    # ------------------------------------------------------------ answers

    def on_answered(self, message: Answered) -> None:
        """Take a plan, or what the command came to."""
        if not self.bench.bridge.is_current(message.group, message.generation):
            return
        if message.group == "plan":
            self._take_plan(cast("Plan", message.result))
        else:
            self._take_result(cast("Outcome[Answer]", message.result))

    def _take_plan(self, plan: Plan) -> None:
        self.plan = plan
        if not self.has_begun and self.box.label and plan.answer is not None:
            self.box.set_text(plan.name)
            self.asked = self.act._replace(against=plan.query.targets[2:])
        elif not self.has_begun and plan.answer is None:
            self.box.label = ""  # no name is at fault: the first one is the engine's own
        self.has_begun = True
        self.show_keys()
        self.redraw()

    def _take_result(self, outcome: Outcome[Answer]) -> None:
        self.is_working = False
        if outcome.answer is None:
            self.failed = outcome.failure
            self.redraw()
        else:
            self.done = done(self.act, outcome)
            self.finish(self.done.said)


def done(act: Act, outcome: Outcome[Answer]) -> Done:
    """Say how it went; a judged set is looked at where its fixtures stand."""
    answer = outcome.answer
    if isinstance(answer, RegressAnswer):
        name = answer.fixture_name if isinstance(answer, RegressBootstrapAnswer) else ""
        failed = count(answer.failed, "grade") + " failed" if answer.failed else "every grade holds"
        said = f"{'pinned ' + name + ', ' if name else ''}judged: {answer.status}, {failed}."
        return Done(said, "ok" if answer.ok else "failed", Link("regress", name, name))
    path = getattr(answer, "pack_path", "")
    words = "incident pack" if act.kind == commands.INCIDENT_PACK else "evidence pack"
    return Done(f"wrote {words} {path}.")
