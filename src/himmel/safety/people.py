"""Whether words ask for people, so that a face in what was made of them is no surprise."""

from __future__ import annotations

from functools import lru_cache

from himmel.safety.lists import Lists
from himmel.safety.normalise import normalise

TERMS = {
    "en": """
        man men woman women person persons people human humans child children boy boys girl girls baby babies kid kids
        face faces portrait portraits crowd crowds actor actors actress actresses dancer dancers singer singers worker
        workers farmer farmers soldier soldiers doctor doctors nurse nurses teacher teachers student students surgeon
        surgeons player players king queen prince princess couple couples family families friend friends mother father
        grandmother grandfather sister brother lady ladies gentleman gentlemen guy guys teenager teenagers adult adults
        astronaut astronauts
    """,
    "sv": """
        man mannen män männen kvinna kvinnan kvinnor kvinnorna person personen personer människa människan människor
        människorna barn barnet barnen pojke pojken pojkar flicka flickan flickor bebis bebisen ansikte ansiktet
        ansikten porträtt folkmassa skådespelare dansare dansaren sångare sångaren arbetare arbetaren bonde bonden
        soldat soldaten soldater läkare läkaren sjuksköterska lärare läraren elev elever student studenter kirurg
        kirurgen spelare spelaren kung kungen drottning drottningen par familj familjen vän vänner mor mamma far pappa
        farmor mormor farfar morfar syster bror dam damen tonåring tonåringar vuxen vuxna astronaut astronauten
    """,
    "zh": """
        人 男 女 孩 婴 脸 面孔 肖像 演员 舞者 歌手 士兵 医生 护士 老师 学生 国王 王后 夫妇 家庭 朋友 母亲 父亲
        妈妈 爸爸 宇航员
    """,
}


@lru_cache(maxsize=1)
def _terms() -> Lists:
    return Lists([("likeness", {"terms": {language: text.split() for language, text in TERMS.items()}})])


def asks_for_people(text: str) -> bool:
    """Whether a text in English, Swedish or Chinese speaks of people."""
    return bool(_terms().found(normalise(text)))
