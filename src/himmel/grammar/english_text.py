"""English sentences: how clauses, adverbs, camera and style are put together."""

from __future__ import annotations

from himmel.grammar import english as words
from himmel.grammar.composition import Story, story
from himmel.grammar.english_voice import EnglishVoice
from himmel.grammar.voice import Clause, Voice


class EnglishText:
    """One caption in the making; each method writes it at another length."""

    def __init__(self, voice: EnglishVoice) -> None:
        self.voice, self.facts, self.rng = voice, voice.facts, voice.rng

    # --- pieces ------------------------------------------------------------------------------------

    def clause(self, clause: Clause) -> str:
        subject = "" if clause.subject == Voice.SAME_SUBJECT else clause.subject
        return self.voice.joined(subject, clause.verb, clause.rest)

    def opening(self, told: Story) -> str:
        """The objects' clauses as one."""
        if not told.opening:
            return self.voice.empty()
        text = ""
        for i, (clause, tail) in enumerate(zip(told.opening, told.tails, strict=True)):
            last = i == len(told.opening) - 1
            if i > 0:
                same = clause.subject == Voice.SAME_SUBJECT
                text += " and " if same or (last and i < 2) else (", and " if last else ", ")
            text += self.clause(clause) + tail
        return text

    def happenings(self, told: Story) -> list[str]:
        """Relations and events that the opening left, a clause each."""
        voice = self.voice
        found = [self.clause(voice.relation_clause(relation)) for relation in told.relations]
        for i, event in enumerate(told.events):
            clause = self.clause(voice.event(event))
            later = i > 0 or len(told.opening) > 0
            found.append(
                f"{voice.pick(words.THEN)} {clause}" if later and self.rng.random() < 0.6 else clause
            )
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

    def camera(self, attached: bool) -> str:
        """The camera as a clause of its own, or attached to the sentence before."""
        voice, camera = self.voice, self.facts.camera
        if camera is None:
            return ""
        row = voice.settings.camera[camera]
        finite, participle = row[voice.index(len(row))]
        if not attached:
            return f"the camera {finite}"
        chance = self.rng.random()
        if chance < 0.35:
            return f", the camera {finite}"
        if chance < 0.65:
            return f" as the camera {finite}"
        return f", with the camera {participle}"

    def style(self) -> str:
        style = self.facts.style
        return "" if style is None else self.voice.pick(self.voice.settings.style[style].adverb)

    def prefix(self, opening: str) -> str:
        """The style in front ("black and white footage of a ..."), for openings that are noun phrases."""
        style = self.facts.style
        return f"{self.voice.pick(self.voice.settings.style_prefix[style or 'natural'])} {opening}"

    def main_clause(self, told: Story, front_allowed: bool) -> str:
        """Opening, setting and style in one sentence without its full stop."""
        opening, adverbs = self.opening(told), self.adverbs()
        can_prefix = not self.voice.finite or not self.facts.objects
        if self.facts.style is not None and can_prefix and self.rng.random() < 0.6:
            return ", ".join([self.prefix(opening), *adverbs])
        if self.facts.style is not None:
            adverbs.append(self.style())
        front = ""
        if front_allowed and adverbs and self.rng.random() < 0.3:
            front = adverbs.pop(0) + ", "
        if not adverbs:
            return front + opening
        # after a relative clause or a list of clauses a comma keeps the adverbs on the whole scene
        near = " " if len(told.opening) < 2 and not any(told.tails) and self.rng.random() < 0.6 else ", "
        return front + opening + near + ", ".join(adverbs)

    # --- lengths -----------------------------------------------------------------------------------

    def tags(self) -> str:
        voice, facts = self.voice, self.facts
        found: list[str] = []
        for i in range(len(facts.objects)):
            found += [voice.object_tag(i), *voice.motion_tags(i)]
        for relation in facts.relations:
            clause = voice.relation_clause(relation)
            found.append(f"{voice.named_fully(relation.subject)} {clause.rest}".replace("the ", "", 1))
        found += [voice.event_tag(event) for event in sorted(facts.events, key=lambda event: event.time)]
        place = voice.place()
        setting = [voice.pick(place.noun)] if place is not None else []
        setting += [voice.ground_tag()] if facts.ground is not None else []
        setting += [voice.pick(said.tag) for said in voice.said()]
        self.rng.shuffle(setting)
        if self.rng.random() < 0.85:
            found += setting
        else:
            found = setting + found
        found += voice.changes()
        if facts.camera is not None:
            found.append(voice.pick(voice.settings.camera_tag[facts.camera]))
        if facts.style is not None:
            found.append(voice.pick(voice.settings.style[facts.style].tag))
        return ", ".join(found) if found else voice.empty()

    def short(self) -> str:
        told = story(self.voice)
        text = self.main_clause(told, front_allowed=False)
        text += "".join(f", {clause}" for clause in self.happenings(told))
        text += "".join(f", {clause}" for clause in self.voice.changes())
        text += self.camera(attached=True)
        return text if self.rng.random() < 0.8 else closed(text)

    def full(self) -> str:
        told = story(self.voice)
        first = self.main_clause(told, front_allowed=True)
        extra, changes = self.happenings(told), self.voice.changes()
        if extra and (len(extra) > 1 or self.rng.random() < 0.6):
            rest = listed(extra + changes)
            return f"{closed(first)} {closed(rest + self.camera(attached=True))}"
        first += "".join(f", {clause}" for clause in extra)
        if changes and self.rng.random() < 0.5:
            rest = listed(changes)
            return f"{closed(first)} {closed(rest + self.camera(attached=True))}"
        first += "".join(f" while {clause}" for clause in changes[:1]) + "".join(
            f" and {c}" for c in changes[1:]
        )
        if self.facts.camera is not None and self.rng.random() < 0.4:
            return f"{closed(first)} {closed(self.camera(attached=False))}"
        first += self.camera(attached=True)
        return first if self.rng.random() < 0.4 else closed(first)

    def paragraph(self) -> str:
        self.voice.finite = True
        scene, objects = self.setting_sentences(), self.object_sentences()
        ordered = scene + objects if self.rng.random() < 0.55 else objects + scene
        changes = self.voice.changes()
        end = [listed(changes)] if changes else []
        if self.facts.camera is not None:
            end.append(self.camera(attached=False))
        if self.facts.style is not None:
            end.append(self.voice.pick(self.voice.settings.style[self.facts.style].sentence))
        sentences = merged(ordered + end, 5)
        return " ".join(closed(sentence) for sentence in sentences)

    def setting_sentences(self) -> list[str]:
        """What kind of place it is, at what time, in what weather."""
        voice = self.voice
        found = [voice.pick(said.sentence) for said in voice.said()]
        place = voice.place()
        if place is not None and self.facts.objects:
            opening = ("we see", "the scene shows", "this is")[int(self.rng.random() * 3)]
            found.insert(0, f"{opening} {voice.pick(place.noun)}")
        return merged(found, 2)

    def object_sentences(self) -> list[str]:
        """Each object, then how they stand to each other, then what happens."""
        voice, told = self.voice, story(self.voice)
        if not told.opening:
            return [f"{('we see', 'the scene shows')[int(self.rng.random() * 2)]} {voice.empty()}"]
        if len(told.opening) == 1 and len(self.facts.objects) == 1 and self.rng.random() < 0.4:
            thing = self.facts.objects[0]
            if thing.motion is not None or thing.direction is not None:
                be, pronoun = ("are", "they") if thing.count > 1 else ("is", "it")
                acts = voice.acts(0, pronoun, ground=True)
                told.opening[0] = Clause(f"there {be}", told.opening[0].subject)
                return [self.clause(told.opening[0]), self.clause(acts), *self.happenings(told)]
        return [self.opening(told), *merged(self.happenings(told), 2)]


def closed(text: str) -> str:
    """A sentence with its capital and full stop."""
    return text[0].upper() + text[1:] + "."


def listed(clauses: list[str]) -> str:
    """Clauses in one sentence: "a, b and c"."""
    return clauses[0] if len(clauses) == 1 else ", ".join(clauses[:-1]) + " and " + clauses[-1]


def merged(sentences: list[str], most: int) -> list[str]:
    """At most this many sentences: neighbours at the end are joined by "and"."""
    found = list(sentences)
    while len(found) > most:
        shortest = min(range(len(found) - 1), key=lambda i: len(found[i]) + len(found[i + 1]))
        found[shortest : shortest + 2] = [f"{found[shortest]}, and {found[shortest + 1]}"]
    return found
