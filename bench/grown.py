"""Generated packs of any size over the real vocabulary: bans, each lifted by excuses that others lift in turn."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable

from comity.condition import tree as t
from comity.facts import Row, Vocabulary
from comity.pack.link import link
from comity.pack.program import Clause, Coverage, Pack, Program

KIND = "transfer"
RUN = 6  # clauses that hang together: a ban with five excuses, some of which lift others
OTHER_WORDING = 0.05  # of the clauses, in the later version of a pack


class Drawer:
    """Draws conditions over the facts of a vocabulary that packs ask for most."""

    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        self.r = random.Random(seed)
        facts = vocabulary.facts[2:]
        self.bools = [f.id for f in facts if f.type == "bool" and f.id != "flow.done"][:40]
        self.counts = [f.id for f in facts if f.type == "count"]
        self.choices = [(f.id, f.of) for f in facts if f.type == "one-of"]
        self.members = [(f.id, sorted(vocabulary.members[f.id])) for f in facts if f.type == "some-of"]
        self.place = [f.id for f in facts if f.type == "place"]
        self.places = [f.id for f in facts if f.type == "places"][:8]
        self.groups = [g.id for g in vocabulary.groups][:12]
        self.atoms: tuple[Callable[[], t.Condition], ...] = (
            lambda: t.IsTrue(self.r.choice(self.bools)),
            lambda: t.IsTrue(self.r.choice(self.bools)),
            self._one_of,
            self._has,
            lambda: t.InGroup(self.r.choice(self.place), self.r.choice(self.groups)),
            lambda: t.AnyPlace(self.r.choice(self.places), t.BoundIn(self.r.choice(self.groups))),
            lambda: t.CountIs(self.r.choice(self.counts), ">=", 10 ** self.r.randint(1, 6)),
        )

    def _one_of(self) -> t.Condition:
        name, of = self.r.choice(self.choices)
        return t.OneOf(name, tuple(sorted(self.r.sample(of, min(2, len(of))))))

    def _has(self) -> t.Condition:
        name, members = self.r.choice(self.members)
        return t.Has(name, self.r.choice(members))

    def condition(self) -> t.Condition:
        """As long as those of real clauses: two to six atoms, some of them denied, some alternatives."""
        parts: list[t.Condition] = []
        for _ in range(self.r.randint(2, 3)):
            some = [self.r.choice(self.atoms)() for _ in range(self.r.choice((1, 1, 2)))]
            part = t.any_of(some)
            parts.append(t.negate(part) if self.r.random() < 0.2 else part)
        return t.all_of(parts)


def grown(vocabulary: Vocabulary, n_clauses: int, day: dt.date, *, seed: int = 1) -> Program:
    """A program of one pack with that many clauses."""
    drawer = Drawer(vocabulary, seed)
    name = "x/grown"
    clauses = [clause for first in range(0, n_clauses, RUN) for clause in _run(drawer, vocabulary, name, first)]
    groups = {g.id: g.rows for g in vocabulary.groups}
    pack = Pack(
        id=name,
        title="",
        party="",
        binding="law",
        places=(Row("DE"),),
        keeper="",
        read_day=day,
        next_read_day=None,
        stale_after=400,
        review="",
        sources=(),
        not_modelled=(),
        covers=(Coverage((KIND,), None, None),),
        scope=t.TRUE,
        clauses=tuple(clauses[:n_clauses]),
        totals=(),
        groups=tuple((g, groups[g]) for g in drawer.groups),
    )
    return link(vocabulary, [pack])


def _run(drawer: Drawer, vocabulary: Vocabulary, pack: str, first: int) -> list[Clause]:
    """Excuses and the ban that they lift; every second excuse lifts the one before it as well."""
    r = drawer.r
    measures = [m.id for m in vocabulary.measures]
    ids = [f"{pack}/c{first + place}" for place in range(RUN)]
    lifts = {
        place: [RUN - 1, *([place + 1] if place % 2 == 0 and place + 1 < RUN - 1 else [])] for place in range(RUN - 1)
    }
    found = []
    for place, id_ in enumerate(ids):
        is_ban = place == RUN - 1
        when = drawer.condition()
        if place == RUN - 2:  # a way out that is there for whoever takes the trouble
            when = t.any_of([when, drawer.atoms[0]()])
        found.append(
            Clause(
                id=id_,
                cite=id_,
                says="",
                source="",
                url="",
                kinds=(KIND,),
                effect="forbids" if is_ban else "excuses",
                when=when,
                needs=() if is_ban else tuple(sorted(r.sample(measures, r.choice((0, 1, 2))))),
                excuses=tuple(ids[other] for other in lifts.get(place, [])),
                excused_by=tuple(ids[other] for other, lifted in lifts.items() if place in lifted),
            )
        )
    return found


def reworded(vocabulary: Vocabulary, pack: Pack, *, seed: int = 2) -> Pack:
    """A later version of a pack, in which some conditions are others."""
    drawer = Drawer(vocabulary, seed)
    clauses = tuple(
        dataclasses.replace(c, when=drawer.condition()) if drawer.r.random() < OTHER_WORDING else c
        for c in pack.clauses
    )
    return dataclasses.replace(pack, clauses=clauses)
