"""English noun and verb phrases: articles, plurals, participles."""

from __future__ import annotations

from himmel.grammar import english as words
from himmel.grammar.english_settings import SETTINGS
from himmel.grammar.voice import AWAY_EVENTS, Clause, Voice, sufferer
from himmel.records import Event, ObjectFacts, Relation


def _with_article(phrase: str) -> str:
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


class EnglishVoice(Voice):
    settings = SETTINGS

    def choice_of_noun(self, thing: ObjectFacts) -> int:
        return self.index(len(words.NOUNS[thing.shape]))

    def joined(self, *parts: str) -> str:
        return " ".join(part for part in parts if part)

    # --- noun phrases ------------------------------------------------------------------------------

    def bare(self, i: int) -> str:
        """The whole noun phrase without article or number: "small red metal ball"."""
        thing, rng = self.facts.objects[i], self.rng
        parts, tail = [], ""
        if thing.size is not None:
            parts.append(self.pick(words.SIZES[thing.size]))
        parts.append(self.pick(words.COLOURS[thing.colour]))
        if thing.material is not None:
            if rng.random() < 0.65:
                parts.append(self.pick(words.MATERIALS[thing.material]))
            else:
                tail = self.pick(words.MADE_OF[thing.material])
        parts.append(self.noun_of(i))
        if thing.shape in words.PARTS and thing.count > 1:
            parts.append(self.pick(words.PARTS[thing.shape]).format(n=self.number(thing.count)))
        return self.joined(*parts, tail)

    def noun_of(self, i: int) -> str:
        thing = self.facts.objects[i]
        return words.NOUNS[thing.shape][self.noun[i]][self.several(i)]

    def number(self, count: int) -> str:
        return words.NUMBERS[count] if count < len(words.NUMBERS) and self.rng.random() < 0.85 else str(count)

    def mention(self, i: int) -> str:
        thing, phrase = self.facts.objects[i], self.bare(i)
        if self.several(i):
            return f"{self.number(thing.count)} {phrase}"
        return f"one {phrase}" if self.rng.random() < 0.03 else _with_article(phrase)

    def named(self, i: int) -> str:
        objects, chance = self.facts.objects, self.rng.random()
        if len(objects) == 1 and chance < 0.5:
            return self.pronoun(i)
        if sum(self.noun_of(j) == self.noun_of(i) for j in range(len(objects))) == 1 and chance < 0.75:
            shapes = [thing.shape for thing in objects]
            if shapes.count(objects[i].shape) == 1:
                return f"the {self.noun_of(i)}"
        colour = objects[i].colour
        if len(objects) > 1 and chance > 0.95 and not self.several(i):
            return f"the {colour} one"
        return f"the {colour} {self.noun_of(i)}"

    # --- verb phrases ------------------------------------------------------------------------------

    def form(self, i: int) -> int:
        """Which of (he, they, participle) object i takes."""
        return (1 if self.several(i) else 0) if self.finite else 2

    def verb(self, thing: ObjectFacts, form: int) -> str:
        row = words.MOVES if thing.motion is None else words.MOTIONS[thing.motion]
        return row[self.index(len(row))][form]

    def ground_adverb(self, motion: str | None) -> str:
        if self.facts.ground is None:
            return ""
        prepositions = words.GROUND_PREPOSITIONS.get(motion or "", words.ON)
        return f"{self.pick(prepositions)} {self.pick(words.GROUNDS[self.facts.ground])}"

    def predicate(self, i: int, form: int, ground: bool) -> tuple[str, str]:
        """Verb and the rest; ("", ground) where the object has neither motion nor direction."""
        thing = self.facts.objects[i]
        where = self.ground_adverb(thing.motion) if ground else ""
        if thing.motion is None and thing.direction is None:
            return "", where
        whither = "" if thing.direction is None else self.pick(words.DIRECTIONS[thing.direction])
        rest = (where, whither) if where and self.rng.random() < 0.3 else (whither, where)
        return self.verb(thing, form), self.joined(*rest)

    def acts(self, i: int, subject: str, ground: bool) -> Clause:
        verb, rest = self.predicate(i, self.form(i), ground)
        if verb or not self.finite:
            return Clause(subject, verb, rest)
        return Clause("there", self.be(i), self.joined(subject, rest))

    def be(self, i: int) -> str:
        return "are" if self.several(i) else "is"

    def introduced(self, i: int) -> Clause:
        return Clause("there", self.be(i), self.mention(i))

    def pronoun(self, i: int) -> str:
        return "they" if self.several(i) else "it"

    def relative(self, i: int) -> str:
        plural = self.several(i)
        if self.finite:
            verb, rest = self.predicate(i, int(plural), ground=False)
            return f", which {self.joined(verb, rest)}" if verb else ""
        verb, rest = self.predicate(i, 2, ground=False)
        return " " + self.joined(verb, rest) if verb else ""

    def together(self, ground: bool) -> Clause | None:
        objects = self.facts.objects
        if len({(thing.motion, thing.direction) for thing in objects}) != 1:
            return None
        mentions = [self.mention(i) for i in range(len(objects))]
        subject = ", ".join(mentions[:-1]) + " and " + mentions[-1]
        verb, rest = self.predicate(0, 1 if self.finite else 2, ground)
        if verb or not self.finite:
            return Clause(subject, verb, rest)
        return Clause("there", self.be(0), self.joined(subject, rest))

    # --- relations and events ----------------------------------------------------------------------

    def related(self, relation: Relation, other: str) -> str:
        return f"{self.pick(words.RELATIONS[relation.kind])} {other}"

    def relation_clause(self, relation: Relation) -> Clause:
        where = self.related(relation, self.named_fully(relation.other))
        return Clause(self.named(relation.subject), self.be(relation.subject), where)

    def named_fully(self, i: int) -> str:
        return f"the {self.facts.objects[i].colour} {self.noun_of(i)}"

    def carries(self, relation: Relation, other: str) -> str:
        return self.pick(words.CARRIES).format(other=other)

    def event(self, event: Event, subject: str | None = None, other: str | None = None) -> Clause:
        if event.kind == "hits":
            return self._hits(event, subject, other)
        if event.kind in words.UNOWNED:
            row = words.UNOWNED[event.kind]
            return Clause(*row[self.index(len(row))])
        return self._happens(event, subject)

    def _hits(self, event: Event, subject: str | None, other: str | None) -> Clause:
        agent, patient = event.agent or 0, event.patient
        side = "" if event.side is None else self.pick(words.FROM_SIDE[event.side])
        if patient is None:
            verb = self._agreeing(words.HITS, agent)
            return Clause(subject or self.named(agent), verb, self.joined("something", side))
        first, second = min(agent, patient), max(agent, patient)
        first_name, second_name = subject or self.named(first), other or self.named_fully(second)
        if agent < patient:
            return Clause(first_name, self._agreeing(words.HITS, first), self.joined(second_name, side))
        return Clause(first_name, self._agreeing(words.IS_HIT, first), self.joined(second_name, side))

    def _agreeing(self, row: tuple[tuple[str, ...], ...], i: int) -> str:
        return row[self.index(len(row))][self.several(i)]

    def _happens(self, event: Event, subject: str | None) -> Clause:
        agent = sufferer(event)
        verb = self._agreeing(words.EVENTS[event.kind], agent)
        rest = ""
        if event.kind == "disappears behind":
            known = event.patient is not None and event.patient != agent
            rest = self.named_fully(event.patient) if known and event.patient is not None else self.pick(words.WALL)
        elif event.patient is not None and event.patient != agent:
            rest = self.named_fully(event.patient)
        if event.side is not None:
            sides = words.ON_SIDE
            if event.kind in AWAY_EVENTS:
                sides = words.AWAY_SIDE
            elif event.kind == "comes back":
                sides = words.FROM_SIDE
            rest = self.joined(rest, self.pick(sides[event.side]))
        return Clause(subject or self.named(agent), verb, rest)

    # --- tags --------------------------------------------------------------------------------------

    def motion_tags(self, i: int) -> list[str]:
        thing = self.facts.objects[i]
        if thing.motion is None and thing.direction is None:
            return []
        verb = self.verb(thing, 2)
        whither = "" if thing.direction is None else self.pick(words.DIRECTIONS[thing.direction])
        return [self.joined(verb, whither)]

    def object_tag(self, i: int) -> str:
        if not self.several(i):
            return self.bare(i)
        return f"{self.number(self.facts.objects[i].count)} {self.bare(i)}"

    def relation_tag(self, relation: Relation) -> str:
        thing = self.facts.objects[relation.subject]
        other = self.named_fully(relation.other)
        return f"{thing.colour} {self.noun_of(relation.subject)} {self.related(relation, other)}"

    def event_tag(self, event: Event) -> str:
        clause = self.event(event)
        return self.joined(clause.subject, clause.verb, clause.rest)

    def ground_tag(self) -> str:
        return "" if self.facts.ground is None else self.pick(words.GROUND_TAGS[self.facts.ground])
