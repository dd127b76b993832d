"""Swedish noun and verb phrases: two genders, definite forms, the verb in second place."""

from __future__ import annotations

from collections.abc import Sequence

from himmel.grammar import swedish as words
from himmel.grammar.swedish_settings import SETTINGS
from himmel.grammar.text import Text
from himmel.grammar.voice import AWAY_EVENTS, Clause, Voice, sufferer
from himmel.records import Event, ObjectFacts, Relation


class SwedishVoice(Voice):
    settings = SETTINGS

    def choice_of_noun(self, thing: ObjectFacts) -> int:
        return self.index(len(words.NOUNS[thing.shape]))

    def joined(self, *parts: str) -> str:
        return " ".join(part for part in parts if part)

    # --- noun phrases ------------------------------------------------------------------------------

    def form(self, i: int) -> int:
        """Which indefinite form an adjective takes: 0 en, 1 ett, 2 plural."""
        thing = self.facts.objects[i]
        return 2 if self.several(i) else int(words.NOUNS[thing.shape][self.noun[i]][0])

    def adjective(self, table: Sequence[Sequence[str]], form: int) -> str:
        return table[self.index(len(table))][form]

    def bare(self, i: int) -> str:
        """The whole noun phrase without article or number: "liten röd metallboll"."""
        thing, form = self.facts.objects[i], self.form(i)
        parts, head, tail = [], "", ""
        if thing.size is not None:
            parts.append(self.adjective(words.SIZES[thing.size], form))
        parts.append(self.adjective(words.COLOURS[thing.colour], form))
        if thing.material is not None:
            adjectives = words.MATERIAL_ADJECTIVES.get(thing.material, ())
            prefixes = words.MATERIAL_PREFIXES.get(thing.material, ())
            chance = self.rng.random()
            if chance < 0.4:
                tail = self.pick(words.MADE_OF[thing.material])
            elif prefixes and (chance < 0.85 or not adjectives):
                head = self.pick(prefixes)
            else:
                parts.append(self.adjective(adjectives, form))
        noun = words.NOUNS[thing.shape][self.noun[i]][2 if self.several(i) else 1]
        stacked = ""
        if thing.shape in words.PARTS and thing.count > 1:
            stacked = self.pick(words.PARTS[thing.shape]).format(n=self.number(thing.count))
        return self.joined(*parts, head + str(noun), stacked, tail)

    def number(self, count: int) -> str:
        return words.NUMBERS[count] if count < len(words.NUMBERS) and self.rng.random() < 0.85 else str(count)

    def mention(self, i: int) -> str:
        thing, phrase = self.facts.objects[i], self.bare(i)
        if self.several(i):
            return f"{self.number(thing.count)} {phrase}"
        return f"{'ett' if self.form(i) == 1 else 'en'} {phrase}"

    def named(self, i: int) -> str:
        objects, chance = self.facts.objects, self.rng.random()
        if len(objects) == 1 and chance < 0.5:
            return self.pronoun(i)
        shapes = [thing.shape for thing in objects]
        if shapes.count(objects[i].shape) == 1 and chance < 0.75:
            return str(words.NOUNS[objects[i].shape][self.noun[i]][4 if self.several(i) else 3])
        return self.named_fully(i)

    def named_fully(self, i: int) -> str:
        """ "den röda bollen": the article, the weak adjective and the definite noun."""
        thing = self.facts.objects[i]
        noun = words.NOUNS[thing.shape][self.noun[i]][4 if self.several(i) else 3]
        return f"{self.pronoun(i)} {words.COLOURS[thing.colour][0][2]} {noun}"

    def pronoun(self, i: int) -> str:
        return ("den", "det", "de")[self.form(i)]

    # --- verb phrases ------------------------------------------------------------------------------

    def ground_adverb(self, motion: str | None) -> str:
        if self.facts.ground is None:
            return ""
        prepositions = words.GROUND_PREPOSITIONS.get(motion or "", words.ON)
        return f"{self.pick(prepositions)} {self.pick(words.GROUNDS[self.facts.ground])}"

    def predicate(self, i: int, ground: bool) -> tuple[str, str]:
        """Verb and the rest; ("", ground) where the object has neither motion nor direction."""
        thing = self.facts.objects[i]
        where = self.ground_adverb(thing.motion) if ground else ""
        if thing.motion is None and thing.direction is None:
            return "", where
        row = words.MOVES if thing.motion is None else words.MOTIONS[thing.motion]
        verb, *particles = row[self.index(len(row))][0].split(" ")
        whither = "" if thing.direction is None else self.pick(words.DIRECTIONS[thing.direction])
        rest = (where, whither) if where and self.rng.random() < 0.3 else (whither, where)
        return verb, self.joined(*particles, *rest)

    def acts(self, i: int, subject: str, ground: bool) -> Clause:
        verb, rest = self.predicate(i, ground)
        if not verb:
            return Clause("det", "finns", self.joined(subject, rest))
        return Clause(subject, verb, rest) if self.finite else Clause(f"{subject} som {verb} {rest}".rstrip(), "")

    def introduced(self, i: int) -> Clause:
        return Clause("det", "finns", self.mention(i))

    def relative(self, i: int) -> str:
        verb, rest = self.predicate(i, ground=False)
        return f", som {self.joined(verb, rest)}" if verb else ""

    def together(self, ground: bool) -> Clause | None:
        objects = self.facts.objects
        if len({(thing.motion, thing.direction) for thing in objects}) != 1:
            return None
        mentions = [self.mention(i) for i in range(len(objects))]
        subject = ", ".join(mentions[:-1]) + " och " + mentions[-1]
        verb, rest = self.predicate(0, ground)
        return Clause(subject, verb, rest) if verb else Clause("det", "finns", self.joined(subject, rest))

    # --- relations and events ----------------------------------------------------------------------

    def related(self, relation: Relation, other: str) -> str:
        return f"{self.pick(words.RELATIONS[relation.kind])} {other}"

    def relation_clause(self, relation: Relation) -> Clause:
        where = self.related(relation, self.named_fully(relation.other))
        return Clause(self.named(relation.subject), "är", where)

    def carries(self, relation: Relation, other: str) -> str:
        return self.pick(words.CARRIES).format(other=other)

    def event(self, event: Event, subject: str | None = None, other: str | None = None) -> Clause:
        if event.kind in words.UNOWNED:
            row = words.UNOWNED[event.kind]
            return Clause(*row[self.index(len(row))])
        if event.kind != "hits":
            return self._happens(event, subject)
        agent, patient = event.agent or 0, event.patient
        side = "" if event.side is None else self.pick(words.FROM_SIDE[event.side])
        row = words.HITS if patient is None or agent < patient else words.IS_HIT
        verb, *particles = self.pick(row).split(" ")
        if patient is None:
            return Clause(subject or self.named(agent), verb, self.joined(*particles, words.SOMETHING, side))
        first, second = min(agent, patient), max(agent, patient)
        rest = self.joined(*particles, other or self.named_fully(second), side)
        return Clause(subject or self.named(first), verb, rest)

    def _happens(self, event: Event, subject: str | None) -> Clause:
        agent = sufferer(event)
        verb, *particles = self.pick(words.EVENTS[event.kind]).split(" ")
        rest = self.joined(*particles)
        if event.kind == "disappears behind":
            known = event.patient is not None and event.patient != agent
            wall = self.named_fully(event.patient) if known and event.patient is not None else self.pick(words.WALL)
            rest = self.joined(rest, wall)
        elif event.patient is not None and event.patient != agent:
            rest = self.joined(rest, self.named_fully(event.patient))
        if event.side is not None:
            sides = words.FROM_SIDE if event.kind == "comes back" else words.ON_SIDE
            sides = words.AWAY_SIDE if event.kind in AWAY_EVENTS else sides
            rest = self.joined(rest, self.pick(sides[event.side]))
        return Clause(subject or self.named(agent), verb, rest)

    # --- tags --------------------------------------------------------------------------------------

    def motion_tags(self, i: int) -> list[str]:
        verb, rest = self.predicate(i, ground=False)
        return [self.joined(verb, rest)] if verb else []

    def object_tag(self, i: int) -> str:
        if not self.several(i):
            return self.bare(i)
        return f"{self.number(self.facts.objects[i].count)} {self.bare(i)}"

    def relation_tag(self, relation: Relation) -> str:
        where = self.related(relation, self.named_fully(relation.other))
        return f"{self.named_fully(relation.subject)} {where}"

    def event_tag(self, event: Event) -> str:
        clause = self.event(event)
        return self.joined(clause.subject, clause.verb, clause.rest)

    def ground_tag(self) -> str:
        return "" if self.facts.ground is None else self.pick(words.GROUND_TAGS[self.facts.ground])


class SwedishText(Text):
    """The verb stands second: what is put in front of a main clause turns subject and verb around."""

    def clause(self, clause: Clause, inverted: bool = False) -> str:
        subject = "" if clause.subject == Voice.SAME_SUBJECT else clause.subject
        if inverted and clause.verb:
            return self.voice.joined(clause.verb, subject, clause.rest)
        return self.voice.joined(subject, clause.verb, clause.rest)

    def fronted(self, adverb: str, opening: str) -> str:
        # without a verb there is nothing to turn around, and a comma sets the adverb apart
        return f"{adverb} {opening}" if self.voice.finite and self.facts.objects else f"{adverb}, {opening}"
