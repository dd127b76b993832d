"""Swedish phrases for place, light, weather, camera and style. The first of a row is chosen most often."""

from __future__ import annotations

from himmel.grammar.tables import Changes, Glue, Place, Said, Settings

THEN = ("sedan", "därefter", "efter det")
_NUMBERS = ("en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio")
MOMENTS = (
    "efter en halv sekund",
    "efter en sekund",
    *(
        f"efter {number} {'sekunder' if whole else 'och en halv sekund'}"
        for number, whole in [(n, w) for n in _NUMBERS for w in (True, False)][1:]
    ),
)
LIGHT = {
    "day": Said(
        ("i dagsljus", "på dagen", "i fullt dagsljus", "under dagen"),
        ("dag", "dagsljus", "dagtid"),
        ("det är dag", "dagsljus fyller scenen", "dagsljuset lyser upp scenen"),
    ),
    "sunset": Said(
        ("i solnedgången", "vid solnedgången", "i skymningen", "i ljuset från den nedgående solen"),
        ("solnedgång", "skymning", "nedgående sol"),
        ("det är solnedgång", "solen håller på att gå ner", "det är skymning"),
    ),
    "night": Said(
        ("på natten", "om natten", "i månsken", "i nattens mörker"),
        ("natt", "månsken", "nattetid"),
        ("det är natt", "månen lyser upp scenen", "natten har fallit"),
    ),
    "overcast": Said(
        ("under en mulen himmel", "i mulet väder", "i grått ljus"),
        ("mulet", "mulen himmel", "grått ljus"),
        ("det är mulet", "himlen är mulen", "ljuset är grått"),
    ),
}
WEATHER = {
    "clear": Said(
        ("i klart väder", "i klar luft", "i fint väder"),
        ("klart väder", "klar luft", "fint väder"),
        ("vädret är klart", "luften är klar", "vädret är fint"),
    ),
    "fog": Said(
        ("i dimma", "i dimman", "i dis", "i dimmigt väder"),
        ("dimma", "dimmigt", "dis", "disigt"),
        ("det är dimmigt", "dimman hänger i luften", "det är disigt"),
    ),
    "rain": Said(
        ("i regn", "i regnet", "medan det regnar"),
        ("regn", "regnigt", "regnväder"),
        ("det regnar", "regnet faller", "regn faller"),
    ),
    "snowfall": Said(
        ("i snöfall", "i fallande snö", "medan det snöar"),
        ("snöfall", "fallande snö", "snöväder"),
        ("det snöar", "snön faller", "snöflingor dalar ner"),
    ),
}
CLOUDS = {
    "clear sky": Said(
        ("under en klar himmel", "under en molnfri himmel"),
        ("klar himmel", "molnfri himmel", "inga moln"),
        ("himlen är klar", "himlen är molnfri", "det finns inga moln på himlen"),
    ),
    "scattered clouds": Said(
        ("under spridda moln", "med några moln på himlen", "under några få moln"),
        ("spridda moln", "några moln", "några få moln"),
        ("spridda moln driver över himlen", "det finns några moln på himlen"),
    ),
    "heavy clouds": Said(
        ("under tunga moln", "under tjocka moln", "under en himmel full av moln"),
        ("tunga moln", "tjocka moln", "täta moln"),
        ("tunga moln hänger på himlen", "tjocka moln täcker himlen", "himlen är full av moln"),
    ),
}
SEASON = {
    "summer": Said(("på sommaren", "om sommaren"), ("sommar", "sommartid"), ("det är sommar", "sommaren är här")),
    "autumn": Said(("på hösten", "om hösten"), ("höst", "höstfärger"), ("det är höst", "hösten är här")),
    "winter": Said(("på vintern", "om vintern"), ("vinter", "vintertid"), ("det är vinter", "vintern är här")),
}
STYLE = {
    "natural": Said(
        ("i naturliga färger", "i naturlig stil", "i realistisk stil"),
        ("naturligt", "realistiskt", "naturliga färger"),
        ("färgerna är naturliga", "det ser naturligt ut", "det ser realistiskt ut"),
    ),
    "black and white": Said(
        ("i svartvitt", "i svart och vitt", "i gråskala"),
        ("svartvitt", "gråskala", "monokromt"),
        ("allt är i svartvitt", "bilden är svartvit", "det är filmat i svartvitt"),
    ),
    "film": Said(
        ("inspelat på film", "på 35 mm film", "på kornig film"),
        ("35 mm film", "filmkorn", "kornig film"),
        ("det är inspelat på film", "det ser ut som gammal film", "bilden har filmkorn"),
    ),
    "watercolour": Said(
        ("i akvarell", "som en akvarell", "i akvarellstil"),
        ("akvarell", "akvarellmålning", "akvarellstil"),
        ("det ser ut som en akvarell", "allt är målat i akvarell"),
    ),
    "hand-held": Said(
        ("filmat med handhållen kamera", "filmat med en handhållen mobil", "filmat för hand"),
        ("handhållen kamera", "handhållet", "mobilfilm"),
        ("kameran är handhållen", "det är filmat för hand", "bilden skakar lite"),
    ),
    "silhouette": Said(
        ("i siluett", "som en siluett", "som siluetter"),
        ("siluett", "siluetter", "i siluett"),
        ("allt syns i siluett", "bara siluetter syns"),
    ),
}
STYLE_PREFIX = {
    "natural": ("en realistisk video av", "realistisk film av"),
    "black and white": ("en svartvit video av", "svartvit film av"),
    "film": ("35 mm film av", "en filmupptagning av"),
    "watercolour": ("en akvarell av", "en akvarellmålning av"),
    "silhouette": ("en siluett av", "siluetten av"),
    "hand-held": ("handhållen film av", "en mobilfilm av"),
}
PLACE = {
    "sea": Place(("havet", "öppet hav", "ett hav"), ("med havet i bild", "med öppet hav i bild")),
    "mountains": Place(
        ("berg", "en bergskedja", "bergstoppar", "ett bergslandskap"),
        ("i bergen", "med berg i bild", "i ett bergslandskap"),
    ),
    "desert": Place(
        ("en öken", "öknen", "ett ökenlandskap", "ökendyner"),
        ("i öknen", "i en öken", "bland ökendyner"),
    ),
    "hills": Place(
        ("kullar", "böljande kullar", "ett kuperat landskap", "mjuka kullar"),
        ("bland kullar", "bland kullarna", "i ett kuperat landskap"),
    ),
    "dirt road": Place(
        ("en grusväg mellan träd", "en grusväg", "en skogsväg", "en landsväg"),
        ("på en grusväg mellan träd", "på en grusväg", "längs en skogsväg", "på en landsväg"),
    ),
    "street": Place(
        ("en gata", "en stadsgata", "en gata mellan hus"),
        ("på en gata", "på en stadsgata", "längs en gata", "på en gata mellan hus"),
    ),
}
SEA = {
    "calm": Place(
        ("ett lugnt hav", "det lugna havet", "ett stilla hav", "ett lugnt hav med små vågor"),
        ("med ett lugnt hav i bild", "med det lugna havet i bild"),
    ),
    "rough": Place(
        ("ett stormigt hav", "det stormiga havet", "ett upprört hav", "ett stormigt hav med höga vågor"),
        ("med ett stormigt hav i bild", "med det stormiga havet i bild"),
    ),
}
EMPTY_GROUND = {
    "grass": ("en tom gräsmatta", "ett tomt gräsfält"),
    "sand": ("en tom sandslätt", "tom sand"),
    "wood": ("ett tomt trägolv", "ett tomt parkettgolv"),
    "marble": ("ett tomt marmorgolv", "tom marmor"),
    "brick": ("ett tomt tegelgolv", "tomt tegel"),
    "snow": ("ett tomt snöfält", "tom snö"),
    "tiles": ("ett tomt kaklat golv", "ett tomt klinkergolv"),
    "asphalt": ("en tom asfalterad väg", "tom asfalt"),
}
NOTHING = ("en tom plats", "en tom scen", "en öppen plats")
LIGHT_CHANGES = Changes(
    noun={
        "day": ("dag", "dagsljus", "dagsljuset"),
        "sunset": ("solnedgång", "skymning", "solnedgången"),
        "night": ("natt", "natten", "månsken"),
        "overcast": ("mulet ljus", "grått ljus", "en mulen himmel"),
    },
    both=("{a} övergår i {b}", "{a} blir till {b}", "ljuset skiftar från {a} till {b}"),
    to={
        "day": ("det blir dag", "dagen gryr", "dagsljuset kommer"),
        "sunset": ("solen börjar gå ner", "det blir solnedgång", "himlen går över i solnedgång"),
        "night": ("det blir natt", "natten faller", "mörkret faller", "det mörknar"),
        "overcast": ("det mulnar", "himlen blir mulen", "ljuset blir grått"),
    },
    special={},
)
WEATHER_CHANGES = Changes(
    noun={
        "clear": ("klart väder", "klar luft", "fint väder"),
        "fog": ("dimma", "dimman", "dis"),
        "rain": ("regn", "regnet"),
        "snowfall": ("snöfall", "snöfallet", "fallande snö"),
    },
    both=("{a} övergår i {b}", "{a} blir till {b}", "vädret skiftar från {a} till {b}"),
    to={
        "clear": ("det klarnar upp", "vädret klarnar"),
        "fog": ("dimman rullar in", "dimma stiger upp", "det blir dimmigt"),
        "rain": ("det börjar regna", "regn drar in", "regn börjar falla"),
        "snowfall": ("det börjar snöa", "snö börjar falla", "snöflingor börjar falla"),
    },
    special={
        ("fog", "clear"): ("dimman lättar", "dimman skingras"),
        ("rain", "clear"): ("regnet upphör", "det slutar regna"),
        ("snowfall", "clear"): ("det slutar snöa", "snöfallet upphör"),
    },
)
# (present, infinitive)
CAMERA = {
    "still": (
        ("står stilla", "stå stilla"),
        ("är helt stilla", "vara helt stilla"),
        ("är låst", "vara låst"),
    ),
    "pans left": (
        ("panorerar åt vänster", "panorera åt vänster"),
        ("vrider sig åt vänster", "vrida sig åt vänster"),
        ("sveper åt vänster", "svepa åt vänster"),
    ),
    "pans right": (
        ("panorerar åt höger", "panorera åt höger"),
        ("vrider sig åt höger", "vrida sig åt höger"),
        ("sveper åt höger", "svepa åt höger"),
    ),
    "tilts up": (
        ("tiltar uppåt", "tilta uppåt"),
        ("lutar uppåt", "luta uppåt"),
        ("tittar uppåt", "titta uppåt"),
    ),
    "tilts down": (
        ("tiltar nedåt", "tilta nedåt"),
        ("lutar nedåt", "luta nedåt"),
        ("tittar nedåt", "titta nedåt"),
    ),
    "orbits left": (
        ("kretsar åt vänster", "kretsa åt vänster"),
        ("cirklar runt åt vänster", "cirkla runt åt vänster"),
    ),
    "orbits right": (
        ("kretsar åt höger", "kretsa åt höger"),
        ("cirklar runt åt höger", "cirkla runt åt höger"),
    ),
    "moves in": (("åker in", "åka in"), ("rör sig närmare", "röra sig närmare"), ("åker inåt", "åka inåt")),
    "moves out": (("åker ut", "åka ut"), ("drar sig bakåt", "dra sig bakåt"), ("åker bakåt", "åka bakåt")),
    "rises": (("stiger", "stiga"), ("höjer sig", "höja sig"), ("åker uppåt", "åka uppåt")),
    "sinks": (("sjunker", "sjunka"), ("sänker sig", "sänka sig"), ("åker nedåt", "åka nedåt")),
    "zooms in": (("zoomar in", "zooma in"), ("zoomar in närmare", "zooma in närmare")),
    "zooms out": (("zoomar ut", "zooma ut"), ("zoomar utåt", "zooma utåt")),
    "flies forward": (
        ("flyger framåt", "flyga framåt"),
        ("flyger fram över scenen", "flyga fram över scenen"),
        ("svävar framåt", "sväva framåt"),
    ),
    "follows": (
        ("följer med", "följa med"),
        ("följer rörelsen", "följa rörelsen"),
        ("följer händelserna", "följa händelserna"),
    ),
}
CAMERA_TAG = {
    "still": ("statisk bild", "stilla kamera", "låst kamera"),
    "pans left": ("panorering åt vänster", "kameran panorerar åt vänster"),
    "pans right": ("panorering åt höger", "kameran panorerar åt höger"),
    "tilts up": ("tilt uppåt", "kameran tiltar uppåt"),
    "tilts down": ("tilt nedåt", "kameran tiltar nedåt"),
    "orbits left": ("kretsning åt vänster", "kameran kretsar åt vänster"),
    "orbits right": ("kretsning åt höger", "kameran kretsar åt höger"),
    "moves in": ("kameraåkning in", "kameran åker in"),
    "moves out": ("kameraåkning ut", "kameran åker ut"),
    "rises": ("kranrörelse uppåt", "stigande kamera", "kameran stiger"),
    "sinks": ("kranrörelse nedåt", "sjunkande kamera", "kameran sjunker"),
    "zooms in": ("inzoomning", "kameran zoomar in"),
    "zooms out": ("utzoomning", "kameran zoomar ut"),
    "flies forward": ("överflygning", "flygbild framåt", "kameran flyger framåt"),
    "follows": ("följande kamera", "följebild", "kameran följer med"),
}
SETTINGS = Settings(
    light=LIGHT,
    weather=WEATHER,
    clouds=CLOUDS,
    season=SEASON,
    style=STYLE,
    style_prefix=STYLE_PREFIX,
    place=PLACE,
    sea=SEA,
    empty_ground=EMPTY_GROUND,
    nothing=NOTHING,
    light_changes=LIGHT_CHANGES,
    weather_changes=WEATHER_CHANGES,
    camera=CAMERA,
    camera_tag=CAMERA_TAG,
    glue=Glue(
        comma=", ",
        both=" och ",
        last=", och ",
        while_=" medan ",
        then=THEN,
        moments=MOMENTS,
        see=("vi ser {x}", "bilden visar {x}", "här syns {x}"),
        camera=("kameran {0}", (", kameran {0}", " medan kameran {0}", ", och kameran {0}")),
    ),
)
