"""What is wrong with a socket."""

from __future__ import annotations

from netwatch_tui.fields.field import Field, Filter, Holds
from netwatch_tui.fields.format import BLANK, duration
from netwatch_tui.fields.json_types import TEXTS
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.descriptor_use import DescriptorUse
from netwatch_tui.sockets.health import RULES, Finding
from netwatch_tui.sockets.socket import Socket


def finding_text(finding: Finding, now: float) -> str:
    """A finding in words, without what to do about it."""
    socket = finding.socket
    use = finding.descriptors or DescriptorUse(0, 0)
    waiting = (socket.recv_q if finding.rule.field == "recv_q" else socket.send_q) or 0
    return finding.rule.meaning.format(
        waiting=f"{waiting:,}",
        backlog=f"{socket.send_q or 0:,}",
        time=duration(now - finding.since),
        held=f"{use.held:,}",
        limit=f"{use.limit:,}",
    )


def _words(socket: Socket, moment: Moment) -> list[str]:
    return [finding.rule.word for finding in moment.findings.get(socket.id, ())]


def _key(socket: Socket, moment: Moment) -> tuple[int, float] | None:
    findings = moment.findings.get(socket.id, ())
    return (int(findings[0].rule.severity), -findings[0].since) if findings else None


def _sentence(socket: Socket, moment: Moment) -> str:
    findings = moment.findings.get(socket.id, ())
    return "; ".join(f"{finding_text(finding, moment.now)}: {finding.rule.advice}" for finding in findings)


HEALTH_FIELDS = (
    Field(
        "problem", "Problem", "what is wrong with it: the rules that it breaks", _words, TEXTS,
        lambda s, m: ",".join(_words(s, m)) or BLANK, _key, _sentence, descends=True,
        filter=Filter(Holds.WORD, _words, words=tuple(rule.word for rule in RULES), likeness=None), is_timely=True,
        rank=13, width=16, most=24,
    ),
)  # fmt: skip
