"""Sentences: how clauses, adverbs, camera and style are put together at each length."""

from __future__ import annotations

from himmel.grammar.composition import Story, story
from himmel.grammar.voice import Clause, Voice


class Text:
    """One caption in the making: ``tags``, ``short``, ``full`` or ``paragraph`` writes it, once.

    What is written here holds for languages with spaces and full stops; others override what differs.
    """

    def __init__(self, voice: Voice) -> None:
        self.voice, self.facts, self.rng = voice, voice.facts, voice.rng
        self.glue = voice.settings.glue

    # --- what languages do differently -------------------------------------------------------------

    def clause(self, clause: Clause, inverted: bool = False) -> str:
        """A clause in one string; inverted after what opens the sentence, where the language does so."""
        subject = "" if clause.subject == Voice.SAME_SUBJECT else clause.subject
        return self.voice.joined(subject, clause.verb, clause.rest)

    def fronted(self, adverb: str, opening: str) -> str:
        return f"{adverb}{self.glue.comma}{opening}"

    def closed(self, text: str) -> str:
        """A sentence with its capital and full stop."""
        return text[0].upper() + text[1:] + "."

    def sentences(self, *texts: str) -> str:
        return " ".join(self.closed(text) for text in texts)

    def after(self, adverb: str, clause: str) -> str:
        """ "then" + clause."""
        return f"{adverb} {clause}"

    def with_adverbs(self, opening: str, adverbs: list[str], near: bool) -> str:
        """Adverbs on their clause; near: a comma before the first one isn't needed."""
        if near and self.rng.random() < 0.6:
            return f"{opening} {self.glue.comma.join(adverbs)}"
        return self.glue.comma.join([opening, *adverbs])

    # --- pieces ------------------------------------------------------------------------------------

    def opening(self, told: Story, inverted: bool = False) -> str:
        """The objects' clauses as one."""
        if not told.opening:
            return self.voice.empty()
        text = ""
        for i, (clause, tail) in enumerate(zip(told.opening, told.tails, strict=True)):
            last = i == len(told.opening) - 1
            if i > 0:
                same = clause.subject == Voice.SAME_SUBJECT
                few = (same or (last and i < 2)) and not told.tails[i - 1]
                text += self.glue.both if few else self.glue.last if last else self.glue.comma
            text += self.clause(clause, inverted and i == 0) + tail
        return text

    def happenings(self, told: Story) -> list[str]:
        """Relations and events that the opening left, a clause each."""
        voice = self.voice
        found = [self.clause(voice.relation_clause(relation)) for relation in told.relations]
        unused, last = list(self.glue.then), 0
        for event in told.events:
            clause, when = voice.event(event), voice.moment(event)
            if when > last and self.rng.random() < 0.6:  # the same time twice would be heard as one after the other
                last = when
                found.append(self.after(self.glue.moments[when - 1], self.clause(clause, inverted=True)))
            elif unused and not voice.from_the_start(event) and self.rng.random() < 0.6:
                then = unused.pop(voice.index(len(unused)))
                found.append(self.after(then, self.clause(clause, inverted=True)))
            else:
                found.append(self.clause(clause))
        return found

    def adverbs(self) -> list[str]:
        """The setting as adverbs, in any order."""
        voice = self.voice
        found = [voice.pick(said.adverb) for said in voice.said()]
        place = voice.place()
        if place is not None and self.facts.objects:
            found.append(voice.pick(place.adverb))
        if len(found) > 1:
            self.rng.shuffle(found)
        return found

    def attached_camera(self, with_comma: bool = False) -> str:
        """The camera at the end of a sentence, with what joins it; "" where it isn't stated.

        with_comma: joined by a comma alone, where "while" has been used up.
        """
        if self.facts.camera is None:
            return ""
        forms = self.glue.camera[1][:1] if with_comma else self.glue.camera[1]
        return self.voice.camera(forms[int(self.rng.random() * len(forms))])

    def style(self, kind: str) -> str:
        said = self.voice.settings.style[self.facts.style or "natural"]
        return self.voice.pick({"adverb": said.adverb, "tag": said.tag, "sentence": said.sentence}[kind])

    def main_clause(self, told: Story, front_allowed: bool) -> str:
        """Opening, setting and style in one sentence without its full stop."""
        adverbs = self.adverbs()
        if self.facts.style is not None:
            prefix_fits = not self.voice.finite or not self.facts.objects
            if prefix_fits and self.rng.random() < 0.6:
                prefixed = self.voice.joined(self.voice.style_prefix(), self.opening(told))
                return self.glue.comma.join([prefixed, *adverbs])
            adverbs.append(self.style("adverb"))
        if front_allowed and adverbs and self.rng.random() < 0.3:
            first = adverbs.pop(0)
            opening = self.fronted(first, self.opening(told, inverted=True))
        else:
            opening = self.opening(told)
        if not adverbs:
            return opening
        # after a relative clause or a list of clauses a comma keeps the adverbs on the whole scene
        return self.with_adverbs(opening, adverbs, near=len(told.opening) < 2 and not any(told.tails))

    def listed(self, clauses: list[str]) -> str:
        """Clauses in one sentence: "a, b and c"."""
        if len(clauses) == 1:
            return clauses[0]
        return self.glue.comma.join(clauses[:-1]) + self.glue.both + clauses[-1]

    def merged(self, sentences: list[str], most: int) -> list[str]:
        """At most this many sentences: the shortest neighbours are joined."""
        found = list(sentences)
        while len(found) > most:
            at = min(range(len(found) - 1), key=lambda i: len(found[i]) + len(found[i + 1]))
            found[at : at + 2] = [found[at] + self.glue.last + found[at + 1]]
        return found

    # --- lengths -----------------------------------------------------------------------------------

    def tags(self) -> str:
        """ "red ball, rolling left, grass, sunset, pan right"."""
        voice, facts = self.voice, self.facts
        found: list[str] = []
        for i in range(len(facts.objects)):
            found += [voice.object_tag(i), *voice.motion_tags(i)]
        found += [voice.relation_tag(relation) for relation in facts.relations]
        found += [voice.event_tag(event) for event in sorted(facts.events, key=lambda event: event.time)]
        place = voice.place()
        setting = [voice.pick(place.noun)] if place is not None else []
        setting += [voice.ground_tag()] if facts.ground is not None else []
        setting += [voice.pick(said.tag) for said in voice.said()]
        self.rng.shuffle(setting)
        found = found + setting if self.rng.random() < 0.85 else setting + found
        found += voice.changes()
        if facts.camera is not None:
            found.append(voice.pick(voice.settings.camera_tag[facts.camera]))
        if facts.style is not None:
            found.append(self.style("tag"))
        return self.glue.comma.join(found) if found else voice.empty()

    def short(self) -> str:
        """One sentence."""
        told = story(self.voice)
        text = self.glue.comma.join(
            [self.main_clause(told, front_allowed=False), *self.happenings(told), *self.voice.changes()]
        )
        text += self.attached_camera()
        return text if self.rng.random() < 0.8 else self.closed(text)

    def full(self) -> str:
        """One or two sentences."""
        told = story(self.voice)
        first = self.main_clause(told, front_allowed=True)
        extra, changes = self.happenings(told), self.voice.changes()
        if extra and (len(extra) > 1 or self.rng.random() < 0.6):
            return self.sentences(first, self.listed(extra + changes) + self.attached_camera())
        first = self.glue.comma.join([first, *extra])
        if changes and self.rng.random() < 0.5:
            return self.sentences(first, self.listed(changes) + self.attached_camera())
        if changes:
            first += self.glue.while_ + self.listed(changes)
        if self.facts.camera is not None and self.rng.random() < 0.4:
            return self.sentences(first, self.voice.camera(self.glue.camera[0]))
        first += self.attached_camera(with_comma=bool(changes))
        return first if self.rng.random() < 0.4 else self.closed(first)

    def paragraph(self) -> str:
        """Up to five sentences; three where there is enough to say."""
        self.voice.finite = True
        scene, objects = self.setting_sentences(), self.object_sentences()
        changes = self.voice.changes()
        end = [self.listed(changes)] if changes else []
        if self.facts.camera is not None:
            end.append(self.voice.camera(self.glue.camera[0]))
        if self.facts.style is not None:
            end.append(self.style("sentence"))
        groups = [scene, objects, end] if self.rng.random() < 0.55 else [objects, scene, end]
        # only sentences about the same thing are joined
        while sum(len(group) for group in groups) > 5:
            longest = max(range(len(groups)), key=lambda i: (len(groups[i]), i))
            groups[longest] = self.merged(groups[longest], len(groups[longest]) - 1)
        return self.sentences(*(sentence for group in groups for sentence in group))

    def setting_sentences(self) -> list[str]:
        """What kind of place it is, at what time, in what weather."""
        voice = self.voice
        found = [voice.pick(said.sentence) for said in voice.said()]
        place = voice.place()
        if place is not None and self.facts.objects:
            found.insert(0, self.seen(voice.pick(place.noun)))
        return self.merged(found, 2)

    def seen(self, noun: str) -> str:
        return self.glue.see[int(self.rng.random() * len(self.glue.see))].format(x=noun)

    def object_sentences(self) -> list[str]:
        """Each object, then how they stand to each other, then what happens."""
        voice, told = self.voice, story(self.voice)
        if not told.opening:
            return [self.seen(voice.empty())]
        happenings = self.merged(self.happenings(told), 2)
        if len(self.facts.objects) == 1 and self.rng.random() < 0.4:
            thing = self.facts.objects[0]
            if thing.motion is not None or thing.direction is not None:
                acts = voice.acts(0, voice.pronoun(0), ground=True)
                return [self.clause(voice.introduced(0)), self.clause(acts), *happenings]
        return [self.opening(told), *happenings]
