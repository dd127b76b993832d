"""Chinese noun and verb phrases: measure words, adverbs before the verb, no spaces."""

from __future__ import annotations

from himmel.grammar import chinese as words
from himmel.grammar.chinese_settings import SETTINGS
from himmel.grammar.text import Text
from himmel.grammar.voice import AWAY_EVENTS, Clause, Voice, sufferer
from himmel.records import Event, ObjectFacts, Relation


class ChineseVoice(Voice):
    settings = SETTINGS
    lists_presence = False

    def choice_of_noun(self, thing: ObjectFacts) -> int:
        return self.index(len(words.NOUNS[thing.shape]))

    def joined(self, *parts: str) -> str:
        return "".join(parts)

    # --- noun phrases ------------------------------------------------------------------------------

    def noun_of(self, i: int) -> str:
        return words.NOUNS[self.facts.objects[i].shape][self.noun[i]]

    def bare(self, i: int) -> str:
        """The whole noun phrase without its number: "小小的红色金属球"."""
        thing = self.facts.objects[i]
        size = "" if thing.size is None else self.pick(words.SIZES[thing.size])
        material = "" if thing.material is None else self.pick(words.MATERIALS[thing.material])
        colour = self.pick(words.COLOURS[thing.colour])
        if thing.shape in words.PARTS and thing.count > 1:
            material += self.pick(words.PARTS[thing.shape]).format(n=words.NUMBERS[thing.count])
        if size.endswith("的"):
            return f"{size}{colour}{material}{self.noun_of(i)}"
        of = "的" if size or self.rng.random() < 0.4 else ""
        return f"{colour}{of}{size}{material}{self.noun_of(i)}"

    def mention(self, i: int) -> str:
        count = self.facts.objects[i].count if self.several(i) else 1
        number = words.NUMBERS[count] if count < len(words.NUMBERS) and self.rng.random() < 0.85 else str(count)
        return f"{number}个{self.bare(i)}"

    def named(self, i: int) -> str:
        objects, chance = self.facts.objects, self.rng.random()
        if len(objects) == 1 and chance < 0.5:
            return self.pronoun(i)
        return self.named_fully(i)

    def named_fully(self, i: int) -> str:
        of = "的" if self.rng.random() < 0.3 else ""
        return f"{words.COLOURS[self.facts.objects[i].colour][0]}{of}{self.noun_of(i)}"

    def pronoun(self, i: int) -> str:
        return "它们" if self.several(i) else "它"

    # --- verb phrases ------------------------------------------------------------------------------

    def ground_adverb(self, motion: str | None) -> str:
        if self.facts.ground is None:
            return ""
        return words.ON_GROUND.format(ground=self.pick(words.GROUNDS[self.facts.ground]))

    def predicate(self, i: int, ground: bool) -> str:
        """Adverbs and verb; "" where the object has neither motion, direction nor ground to stand on."""
        thing = self.facts.objects[i]
        where = self.ground_adverb(thing.motion) if ground else ""
        if thing.motion is None and thing.direction is None:
            return where
        row = words.MOVES if thing.motion is None else words.MOTIONS[thing.motion]
        whither = "" if thing.direction is None else self.pick(words.DIRECTIONS[thing.direction])
        return where + whither + self.pick(row)

    def _present(self, subject: str, where: str) -> Clause:
        """ "草地上有一个红球"."""
        return Clause(f"{where.removeprefix('在')}有{subject}", "") if where else Clause(f"有{subject}", "")

    def acts(self, i: int, subject: str, ground: bool) -> Clause:
        thing = self.facts.objects[i]
        if thing.motion is None and thing.direction is None:
            return self._present(subject, self.ground_adverb(None) if ground else "")
        return Clause(subject, self.predicate(i, ground))

    def introduced(self, i: int) -> Clause:
        return Clause(f"有{self.mention(i)}", "")

    def relative(self, i: int) -> str:
        predicate = self.predicate(i, ground=False)
        return f"，{self.named_fully(i)}{predicate}" if predicate else ""

    def together(self, ground: bool) -> Clause | None:
        objects = self.facts.objects
        if len({(thing.motion, thing.direction) for thing in objects}) != 1:
            return None
        mentions = [self.mention(i) for i in range(len(objects))]
        subject = "、".join(mentions[:-1]) + "和" + mentions[-1]
        if objects[0].motion is None and objects[0].direction is None:
            return self._present(subject, self.ground_adverb(None) if ground else "")
        return Clause(subject, "都" + self.predicate(0, ground))

    # --- relations and events ----------------------------------------------------------------------

    def related(self, relation: Relation, other: str) -> str:
        return f"在{other}的{self.pick(words.RELATIONS[relation.kind])}"

    def with_link(self, clause: Clause, link: str) -> Clause:
        joint = "，位于" if link.startswith("在") else "，"
        return Clause(clause.subject, clause.verb, clause.rest + joint + link.removeprefix("在"))

    def relation_clause(self, relation: Relation) -> Clause:
        return Clause(self.named(relation.subject), self.related(relation, self.named_fully(relation.other)))

    def carries(self, relation: Relation, other: str) -> str:
        return self.pick(words.CARRIES).format(other=other)

    def event(self, event: Event, subject: str | None = None, other: str | None = None) -> Clause:
        if event.kind in words.UNOWNED:
            return Clause(self.pick(words.UNOWNED[event.kind]), "")
        if event.kind != "hits":
            return self._happens(event, subject)
        agent, patient = event.agent or 0, event.patient
        side = "" if event.side is None else self.pick(words.FROM_SIDE[event.side])
        if patient is None:
            return Clause(subject or self.named(agent), f"{side}{self.pick(words.HITS)}{words.SOMETHING}")
        first, second = min(agent, patient), max(agent, patient)
        name, whom = subject or self.named(first), other or self.named_fully(second)
        if agent < patient:
            return Clause(name, f"{side}{self.pick(words.HITS)}{whom}")
        return Clause(name, f"被{whom}{side}{self.pick(words.IS_HIT)}")

    def _happens(self, event: Event, subject: str | None) -> Clause:
        agent, verb = sufferer(event), self.pick(words.EVENTS[event.kind])
        side = ""
        if event.side is not None:
            sides = words.AWAY_SIDE if event.kind in AWAY_EVENTS else words.FROM_SIDE
            side = self.pick(sides[event.side])
        if event.kind == "disappears behind":
            known = event.patient is not None and event.patient != agent
            wall = self.named_fully(event.patient) if known and event.patient is not None else self.pick(words.WALL)
            verb = f"{verb}{wall}{self.pick(words.BEHIND)}"
        elif event.patient is not None and event.patient != agent:
            verb = f"{verb}{self.named_fully(event.patient)}{words.PLACED.get(event.kind, '')}"
        return Clause(subject or self.named(agent), side + verb)

    # --- tags --------------------------------------------------------------------------------------

    def motion_tags(self, i: int) -> list[str]:
        predicate = self.predicate(i, ground=False)
        return [predicate] if predicate else []

    def object_tag(self, i: int) -> str:
        return self.mention(i) if self.several(i) else self.bare(i)

    def relation_tag(self, relation: Relation) -> str:
        return self.named_fully(relation.subject) + self.related(relation, self.named_fully(relation.other))

    def event_tag(self, event: Event) -> str:
        clause = self.event(event)
        return clause.subject + clause.verb

    def ground_tag(self) -> str:
        return "" if self.facts.ground is None else self.pick(words.GROUNDS[self.facts.ground])


class ChineseText(Text):
    """Clauses follow each other with commas; the setting comes first or is set apart."""

    def closed(self, text: str) -> str:
        return text + "。"

    def sentences(self, *texts: str) -> str:
        return "".join(self.closed(text) for text in texts)

    def after(self, adverb: str, clause: str) -> str:
        return adverb + clause

    def with_adverbs(self, opening: str, adverbs: list[str], near: bool) -> str:
        return "，".join([*adverbs, opening])
