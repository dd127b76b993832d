"""What a watermark that was found means: whose it may be, and whether it agrees with the manifest and the recipe."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from himmel.provenance.detect import Finding
from himmel.provenance.payload import Payload, clip_of, key_of, keys_of, tag_of

if TYPE_CHECKING:
    from himmel.provenance.certificate import Identity
    from himmel.records.recipe import Recipe

NOBODY, HERE, HERE_ONLY_BY_NUMBER, NAMED, UNKNOWN = "nobody", "here", "here, by number only", "trusted", "unknown"
"""nobody: made unsigned. here: the tag is of this installation's key. here, by number only: it claims to be of it, but
that key did not make it. trusted: the number of a certificate that was named as trusted. unknown: of some other key.
"""


@dataclass(frozen=True)
class Recognised:
    """A finding and what it means. whose: see above; "" where nothing could be read. fits_manifest, fits_recipe:
    whether it says what the manifest says that it says, and whether it is of the recipe beside the file; None where one
    is missing. source: the name of a file that went into this one, whose mark was read first; that of this one is then
    looked for in parts, and the two are None where it is not found: frames that were given are most of such a clip.
    """

    finding: Finding
    whose: str = ""
    fits_manifest: bool | None = None
    fits_recipe: bool | None = None
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        found, payload = self.finding, self.finding.payload
        said = None if payload is None else {"text": payload.text, "key": payload.key, "clip": payload.clip}
        return {
            "found": found.found,
            "chance": found.chance,
            "score": round(found.score, 2),
            "frames": found.frames,
            "payload": said,
            "whose": self.whose,
            "flipped": found.flip,
            "fits_manifest": self.fits_manifest,
            "recipe_beside_fits": self.fits_recipe,
            "of_source": self.source,
        }


def recognise(
    finding: Finding,
    own: Identity | None,
    trusted: str = "",
    claimed: str = "",
    recipe: Recipe | None = None,
    sources: Mapping[str, str] = MappingProxyType({}),
    parts: Collection[Payload] = (),
) -> Recognised:
    """What a finding means. own: of this installation. trusted: certificates, PEM. claimed: `Verdict.watermark`, ""
    where the manifest says nothing. recipe: the one beside the file. sources: names of the files that went in, by what
    their own manifests say that they carry. parts: all payloads that were read in parts of the clip.
    """
    payload = finding.payload
    if payload is None:
        return Recognised(finding)
    if payload.key == 0:
        whose = NOBODY
    elif own is not None and payload.key == key_of(own.chain):
        whose = HERE if payload.tag == tag_of(own, payload.key, payload.clip) else HERE_ONLY_BY_NUMBER
    else:
        whose = NAMED if payload.key in keys_of(trusted) else UNKNOWN
    found = {payload, *parts}
    fits = any(one.text == claimed for one in found)
    of_recipe = recipe is not None and any(one.clip == clip_of(recipe) for one in found)
    source = sources.get(payload.text, "") if payload.text != claimed else ""
    return Recognised(
        finding,
        whose,
        fits_manifest=None if not claimed or (source and not fits) else fits,
        fits_recipe=None if recipe is None or (source and not of_recipe) else of_recipe,
        source=source,
    )
