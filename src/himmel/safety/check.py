"""One text, one answer: the lists, then the classifier on every window of it, then the policy."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence

from torch import Tensor

from himmel.safety.classifier import Classifier
from himmel.safety.lists import Lists, named
from himmel.safety.normalise import Normalised, normalise
from himmel.safety.plain import of_the_world
from himmel.safety.policy import DEFAULT, LINES, Policy, Verdict
from himmel.safety.windows import windows

Encode = Callable[[Sequence[str]], list[Tensor]]
"""Texts to word states [n, 384] each."""
OF_NAMES = ("likeness", "characters")
"""Categories that a permitted name is about."""
KEPT = 512
NEAR = 0.05
"""A probability so near to its threshold is not left to the quick encoder. In bfloat16 they moved by up to 0.02."""


class Checker:
    """Looks at texts. lists, classifier: either may be None, to measure the other alone.

    quick: as `encode`, less exactly and faster; what it leaves near a threshold is encoded again. None: there is none.
    """

    def __init__(
        self, lists: Lists | None, classifier: Classifier | None, encode: Encode, quick: Encode | None = None
    ) -> None:
        self.lists, self.classifier, self.encode, self.quick = lists, classifier, encode, quick
        self._classified: dict[str, list[str]] = {}
        self._keeping = threading.Lock()  # questions of a service come from several threads

    def check(self, text: str, policy: Policy = DEFAULT) -> Verdict | None:
        """Why a text is refused, the gravest reason first and lists before the classifier; None if it is not."""
        prompt = normalise(text)
        permitted = self._permitted(prompt, policy)
        for category in self.listed(prompt, permitted):
            if policy.refuses(category):
                return Verdict(category, LINES[category], "list")
        for category in self.classified(prompt.text):
            if policy.refuses(category) and not (permitted and category in OF_NAMES):
                return Verdict(category, LINES[category], "classifier")
        return None

    def listed(self, prompt: Normalised, skip: Sequence[tuple[int, int]] = ()) -> list[str]:
        """The categories of the lists that a prompt falls under."""
        return [] if self.lists is None else self.lists.categories(prompt, skip)

    def classified(self, text: str) -> list[str]:
        """The categories that the classifier sees in any window of a text. Answers are kept, since requests repeat."""
        if self.classifier is None or not text:
            return []
        found = self._classified.get(text)
        return self.prepare([text])[0] if found is None else found

    def prepare(self, texts: Sequence[str]) -> list[list[str]]:
        """As `classified` for each text, in one pass of the encoder for all that are not known yet; KEPT are kept.

        The classifier is not asked about texts of the world's own words alone: there it can only be wrong.
        """
        if self.classifier is None:
            return [[] for _ in texts]
        with self._keeping:
            known = dict(self._classified)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        pieces = [[] if not text or of_the_world(text) else windows(text) for text in new]
        flat = [piece for each in pieces for piece in each]
        states = iter((self.quick or self.encode)(flat) if flat else [])
        unsure = list[str]()
        for text, each in zip(new, pieces, strict=True):
            read = list(itertools.islice(states, len(each)))
            known[text] = self.classifier.categories(read) if each else []
            if each and self.quick is not None and self.classifier.nearest(read) < NEAR:
                unsure.append(text)
        for text in unsure:
            known[text] = self.classifier.categories(self.encode(windows(text)))
        with self._keeping:
            self._classified |= {text: known[text] for text in new}
            for old in list(self._classified)[:-KEPT]:
                del self._classified[old]
        return [known[text] for text in texts]

    @staticmethod
    def _permitted(prompt: Normalised, policy: Policy) -> list[tuple[int, int]]:
        """Where permitted names stand."""
        if not policy.permitted:
            return []
        return [(hit.start, hit.end) for hit in named(policy.permitted).found(prompt)]
