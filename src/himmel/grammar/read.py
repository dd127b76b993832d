"""Facts out of free text: phrases are looked up, adjectives go to their noun, verbs to their subject."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from himmel.grammar.lexicon import Families
from himmel.grammar.parse import NOUN_PHRASE, VERBS, Item, items
from himmel.grammar.vocabulary import FIRST_FAMILIES, FURTHER, STACKED
from himmel.records import Event, ObjectFacts, Relation, SceneFacts

_WITH_PATIENT = (
    *("disappears behind", "lands in", "lands on", "bounces down", "rolls down", "slides down"),
    *("meets", "chases", "bites into"),
)
_PLURAL = 2
"""Count of a plural without a number: at least two."""


@dataclass
class _Awaited:
    """What the next noun completes: a relation or event of `subject`; kind says which."""

    kind: str
    value: str
    subject: int


@dataclass
class _Reader:
    """Facts so far, and where in the sentence we are.

    run: nouns since the last verb. anded: whether "and" joined the last two of them. subject: who the last verb was
    about. last: the noun mentioned last. deed: the last verb, "motion" or "event", which takes directions and sides.
    """

    language: str
    objects: list[ObjectFacts] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    scene: dict[str, str] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)
    definite: bool = False
    run: list[int] = field(default_factory=list)
    joint: str = ""
    anded: bool = False
    presented: bool = False
    which: bool = False
    everyone: bool = False
    complement: bool = False
    subject: list[int] = field(default_factory=list)
    last: int | None = None
    awaited: _Awaited | None = None
    deed: str = ""
    direction: str | None = None
    side: str | None = None
    moment: float | None = None

    # --- noun phrases ----------------------------------------------------------------------------------------------

    def noun(self, shape: str, form: str) -> None:
        shape, _, material = shape.partition("/")
        if material:
            self.pending.setdefault("material", material)
        i = self.resolved(shape, form)
        self.pending, self.definite = {}, False
        self.place(i)

    def resolved(self, shape: str, form: str) -> int:
        """The object that the pending adjectives and this shape name: a known one or a new one."""
        colour = self.pending.get("colour", "")
        for i, thing in enumerate(self.objects):
            if colour and thing.colour == colour and shape in ("", thing.shape):
                return self.completed(i)
        same = [i for i, thing in enumerate(self.objects) if shape in ("", thing.shape)]
        if not colour and same and (self.definite or (self.language == "zh" and "count" not in self.pending)):
            return self.completed(same[-1])
        if not colour and self.language == "sv" and same and not self.pending and not self.definite:
            return same[-1]
        count = int(self.pending.get("count", _PLURAL if form == "p" else 1))
        size, material = self.pending.get("size"), self.pending.get("material")
        self.objects.append(ObjectFacts(shape, colour, size, material, count=count))
        return len(self.objects) - 1

    def completed(self, i: int) -> int:
        thing = self.objects[i]
        size, material = (
            thing.size or self.pending.get("size"),
            thing.material or self.pending.get("material"),
        )
        self.objects[i] = replace(thing, size=size, material=material)
        return i

    def stacked(self, count: int) -> None:
        """So many parts: of the thing mentioned last, in Chinese of the next one."""
        if self.language == "zh":
            self.pending["count"] = str(count)
        elif self.last is not None and self.objects[self.last].shape in STACKED:
            self.objects[self.last] = replace(self.objects[self.last], count=count)

    def place(self, i: int) -> None:
        """The noun as complement of what awaits one, else as a candidate for subject."""
        self.last = i
        awaited, self.awaited = self.awaited, None
        self.complement = awaited is not None
        if awaited is not None:
            self.complete(awaited, i)
            return
        if self.presented and self.joint:
            self.subject, self.run = self.run[-1:] or self.subject, []
        # in Chinese two nouns in a row are "A 在 B" + "的左边"
        self.run = [*self.run, i] if self.joint or self.language == "zh" else [i]
        self.anded = self.joint == "and"
        self.joint = ""

    def complete(self, awaited: _Awaited, i: int) -> None:
        if awaited.kind == "behind":
            self.events[-1] = replace(self.events[-1], patient=i)
        elif i == awaited.subject:
            return
        elif awaited.kind == "relation":
            self.relations.append(Relation(awaited.value, awaited.subject, i))
        elif awaited.kind == "bears":
            self.relations.append(Relation("on", i, awaited.subject))
        elif awaited.kind == "hits":
            self.happens("hits", awaited.subject, i)
        else:
            self.happens("hits", i, awaited.subject)
            self.deed = "passive" if self.language == "zh" else "event"

    def flush(self) -> None:
        """Adjectives that no noun followed belong to the noun before ("the ball is red")."""
        if self.pending and self.last is not None:
            thing = self.objects[self.last]
            changes = {name: value for name, value in self.pending.items() if name != "count"}
            unset = {name: value for name, value in changes.items() if not getattr(thing, name)}
            self.objects[self.last] = replace(thing, **unset)
        self.pending, self.definite = {}, False

    # --- verbs -----------------------------------------------------------------------------------------------------

    def current(self) -> int | None:
        """Who a relation or event is about."""
        if self.which:
            return self.last
        if self.run:
            return self.run[-1]
        return self.subject[-1] if self.subject else self.last

    def targets(self, form: str) -> list[int]:
        """Who a verb of motion is about."""
        if self.which or (form == "i" and self.complement):
            self.which = False
            return [] if self.last is None else [self.last]
        if not self.run:
            return self.subject or ([] if self.last is None else [self.last])
        several = self.anded and form != "s" and (self.language != "zh" or self.everyone)
        found = self.run if several else [self.run[-1]]
        if form == "" and self.language == "sv" and self.presented:
            found = [self.run[-1]]
        self.subject, self.run, self.everyone, self.presented = list(found), [], False, False
        return self.subject

    def moves(self, motion: str, form: str) -> None:
        found = self.targets(form)
        for i in found if motion else []:
            if self.objects[i].motion is None:
                self.objects[i] = replace(self.objects[i], motion=motion)
        self.deed, self.moving = "motion", found
        if self.direction is not None:
            self.goes(self.direction)
            self.direction = None

    moving: list[int] = field(default_factory=list)

    def goes(self, direction: str) -> None:
        """A direction belongs to the last verb; in Chinese to the next."""
        if self.deed == "event" and direction in ("left", "right"):
            self.sided(direction)
        elif self.deed == "motion":
            for i in self.moving:
                if self.objects[i].direction is None:
                    self.objects[i] = replace(self.objects[i], direction=direction)

    def sided(self, side: str) -> None:
        if self.deed == "event" and self.events and self.events[-1].side is None:
            self.events[-1] = replace(self.events[-1], side=side)
        elif self.deed == "motion":
            self.goes({"left": "right", "right": "left"}[side])

    def happens(self, kind: str, agent: int | None, patient: int | None = None) -> None:
        side, self.side = self.side, None
        if self.direction in ("left", "right"):
            side, self.direction = self.direction, None
        time = float(len(self.events) + 1) if self.moment is None else self.moment
        self.moment = None
        self.events.append(Event(kind, time, agent, patient, side))
        self.deed = "event"

    def event(self, kind: str) -> None:
        agent = self.current()
        self.subject_is(agent)
        self.happens(kind, agent)
        if kind in _WITH_PATIENT:
            self.awaited = _Awaited("behind", "", -1)

    def subject_is(self, i: int | None) -> None:
        if not self.which and i is not None:
            self.subject, self.run, self.presented = [i], [], False
        self.which = False

    # --- one item after the other -------------------------------------------------------------------------------------

    def read(self, item: Item, following: str) -> None:
        """One item; following: the kind of the next one."""
        kind, value, form = item.meaning
        if kind in ("count", "size", "colour", "material"):
            if kind == "count" and value == "1" and "colour" in self.pending:
                self.noun("", "s")
            else:
                self.pending[kind] = value
        elif kind == "made of":
            self.pending["material"] = value
            self.flush()
        elif kind == "stacked":
            self.stacked(int(value.partition("/")[2]))
        elif kind == "noun":
            self.noun(value, form)
        elif kind == "one":
            if self.pending:
                self.noun("", "s")
        elif kind == "definite" and following in NOUN_PHRASE:
            self.definite = True
        elif kind in ("pronoun", "definite"):
            self.pronoun()
        elif kind not in ("indefinite", "unknown", "filler"):
            self.flush()
            self.other(kind, value, form, following)

    def pronoun(self) -> None:
        if self.awaited is None:
            self.run = list(self.subject[-1:] or ([] if self.last is None else [self.last]))
            self.anded = False
            self.last = self.run[-1] if self.run else self.last

    def other(self, kind: str, value: str, form: str, following: str) -> None:
        if kind in VERBS:
            self.verb(kind, value, form)
        elif kind in ("relation", "on"):
            self.relation(value or "on", following)
        elif kind in ("beside", "bears"):
            self.beside(kind, value)
        elif kind == "direction":
            self.headed(value)
        elif kind == "from" or kind == "at side":
            if self.language == "zh" or not self.deed:
                self.side = value
            else:
                self.sided(value)
        elif kind == "ground":
            self.scene.setdefault("ground", value)
            self.awaited = None
        elif kind == "setting":
            self.set(value)
        elif kind == "time":
            self.moment = float(value)
        elif kind == "cut":
            self.happens(value, None)
        else:
            self.mark(kind, following)

    def verb(self, kind: str, value: str, form: str) -> None:
        self.joint = ""
        if kind in ("motion", "move"):
            self.moves(value, form)
        elif kind == "event":
            self.event(value)
        elif self.language == "zh" and kind == "hits" and self.deed == "passive":
            self.deed = "event"
            if self.side is not None:
                self.sided(self.side)
                self.side = None
        else:
            agent = self.current()
            self.subject_is(agent)
            if agent is not None:
                self.awaited = _Awaited(kind, "", agent)

    def relation(self, kind: str, following: str) -> None:
        subject = self.current()
        if subject is None:
            return
        if following in NOUN_PHRASE:
            self.awaited = _Awaited("relation", kind, subject)
        elif kind == "on" and self.last is not None and self.last != subject:
            self.relations.append(Relation("on", self.last, subject))

    def beside(self, kind: str, value: str) -> None:
        """A relation that follows its noun ("在方块的左边"), or one whose second object comes next ("上面有")."""
        subject = self.current()
        if kind == "bears" and subject is not None:
            self.awaited = _Awaited("bears", value, subject)
        elif self.run and self.language == "zh":
            other = self.run.pop()
            first = self.run[-1] if self.run else self.subject[-1] if self.subject else None
            if first is not None and first != other:
                self.relations.append(Relation(value, first, other))
            self.complement = True
        elif subject is not None and self.last is not None and self.last != subject:
            self.relations.append(Relation(value, self.last, subject))

    def headed(self, direction: str) -> None:
        if self.language == "zh" or not self.deed:
            self.direction = direction
        else:
            self.goes(direction)

    def set(self, value: str) -> None:
        for pair in value.split(";"):
            name, _, fact = pair.partition("=")
            self.scene.setdefault(name, fact)

    def mark(self, kind: str, following: str) -> None:
        """Punctuation and the words between facts."""
        if kind == "stop":
            self.run, self.anded, self.presented, self.which = [], False, False, False
            self.awaited, self.deed, self.joint = None, "", ""
        elif kind == "and":
            self.joint = "and"
        elif kind == "comma":
            self.joint = self.joint or "comma"
            if self.awaited is not None and self.awaited.kind == "behind":
                self.awaited = None
            if self.language == "zh":
                self.direction = self.side = None
        elif kind == "which":
            self.which = True
        elif kind == "there":
            self.presented, self.run, self.joint = True, [], ""
        elif kind == "all":
            self.everyone = True

    def facts(self) -> SceneFacts:
        scene = {"scenery": "plain"} | self.scene
        relations, events = tuple(self.relations), tuple(self.events)
        family = _family(scene, self.objects, relations, events)
        return replace(SceneFacts(family, "plain", tuple(self.objects), relations, events), **scene)


def _family(
    scene: dict[str, str],
    objects: list[ObjectFacts],
    relations: tuple[Relation, ...],
    events: tuple[Event, ...],
) -> str:
    """The world family that such facts come from."""
    kinds = {event.kind for event in events}
    further = [FURTHER["event"].get(kind) for kind in kinds] + [FURTHER["shape"].get(thing.shape) for thing in objects]
    further += [FURTHER["scenery"].get(scene["scenery"]), FURTHER["style"].get(scene.get("style", ""))]
    if any(further):
        return next(family for family in further if family)
    if scene["scenery"] == "sea":
        return "sea"
    if scene["scenery"] != "plain":
        return "landscape"
    if "light_to" in scene or "weather_to" in scene:
        return "weather"
    if kinds & {"hits", "is pushed away"}:
        return "collision"
    if kinds - {"stops"}:
        return "hidden"
    return "camera" if len(objects) > 1 or relations else "single"


def read(text: str, families: Families = FIRST_FAMILIES) -> SceneFacts:
    """The facts that a text states, in English, Swedish or Chinese; words outside the vocabulary are passed over.

    An object whose colour the text leaves open has the colour "". A plural without a number counts as two.
    families: words for what only other families show are passed over too.
    """
    language, found = items(text, families)
    reader = _Reader(language)
    for i, item in enumerate(found):
        reader.read(item, found[i + 1].kind if i + 1 < len(found) else "stop")
    reader.flush()
    return reader.facts()
