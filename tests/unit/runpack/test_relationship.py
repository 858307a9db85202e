from gait_engine.contract.common import Entity
from gait_engine.runpack.relationship import edge, entity, envelope

PARENT = entity("session", " s ")


def test_entities_are_trimmed_sorted_and_named_once() -> None:
    found = envelope(
        PARENT,
        (entity("tool", " b"), entity("tool", "b "), entity("run", "c"), entity("tool", "a")),
    )
    assert [(ref.kind, ref.id) for ref in found.entity_refs] == [
        ("run", "c"),
        ("tool", "a"),
        ("tool", "b"),
    ]
    assert found.related_entity_ids == ("a", "b", "c")
    assert (found.parent_ref, found.parent_record_id) == (Entity(kind="session", id="s"), "s")


def test_one_id_of_two_kinds_is_two_entities_and_one_related_id() -> None:
    found = envelope(PARENT, (entity("tool", "x"), entity("run", "x")))
    assert len(found.entity_refs) == 2
    assert found.related_entity_ids == ("x",)


def test_blank_entities_and_the_edges_to_them_are_dropped() -> None:
    tool, policy = entity("tool", "t"), entity("policy", " \u3000")
    found = envelope(PARENT, (tool, policy), edges=(edge("governed_by", tool, policy),))
    assert found.entity_refs == (tool,)
    assert found.edges == ()


def test_edges_are_sorted_by_kind_then_ends_and_stand_once() -> None:
    a, b = entity("tool", "a"), entity("tool", "b")
    links = (edge("targets", a, b), edge("calls", b, a), edge("calls", a, b), edge("calls", a, b))
    found = envelope(PARENT, (), edges=links)
    assert found.edges == (links[2], links[1], links[0])
