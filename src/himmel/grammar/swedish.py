"""Swedish phrases for objects and events. The first entry of a row is the commonest word and is chosen most often."""

from __future__ import annotations

# (neuter?, en boll, bollar, bollen, bollarna)
NOUNS = {
    "ball": (
        (False, "boll", "bollar", "bollen", "bollarna"),
        (True, "klot", "klot", "klotet", "kloten"),
        (False, "kula", "kulor", "kulan", "kulorna"),
        (False, "sfär", "sfärer", "sfären", "sfärerna"),
    ),
    "cube": (
        (False, "kub", "kuber", "kuben", "kuberna"),
        (True, "block", "block", "blocket", "blocken"),
        (False, "låda", "lådor", "lådan", "lådorna"),
    ),
    "cylinder": (
        (False, "cylinder", "cylindrar", "cylindern", "cylindrarna"),
        (False, "tunna", "tunnor", "tunnan", "tunnorna"),
    ),
    "capsule": (
        (False, "kapsel", "kapslar", "kapseln", "kapslarna"),
        (True, "piller", "piller", "pillret", "pillren"),
    ),
    "domino": (
        (False, "dominobricka", "dominobrickor", "dominobrickan", "dominobrickorna"),
        (False, "bricka", "brickor", "brickan", "brickorna"),
    ),
    "tower": ((True, "torn", "torn", "tornet", "tornen"),),
    "car": (
        (False, "bil", "bilar", "bilen", "bilarna"),
        (False, "jeep", "jeepar", "jeepen", "jeeparna"),
    ),
    "truck": ((False, "lastbil", "lastbilar", "lastbilen", "lastbilarna"),),
    "bus": ((False, "buss", "bussar", "bussen", "bussarna"),),
    "bowl": ((False, "skål", "skålar", "skålen", "skålarna"),),
    "stairs": ((False, "trappa", "trappor", "trappan", "trapporna"),),
    "ramp": (
        (False, "ramp", "ramper", "rampen", "ramperna"),
        (False, "rutschbana", "rutschbanor", "rutschbanan", "rutschbanorna"),
    ),
    "pendulum": ((False, "pendel", "pendlar", "pendeln", "pendlarna"),),
    "cradle": ((False, "kulpendel", "kulpendlar", "kulpendeln", "kulpendlarna"),),
    "seesaw": ((False, "gungbräda", "gungbrädor", "gungbrädan", "gungbrädorna"),),
    "two-legged creature": ((False, "tvåbening", "tvåbeningar", "tvåbeningen", "tvåbeningarna"),),
    "four-legged creature": ((False, "fyrfoting", "fyrfotingar", "fyrfotingen", "fyrfotingarna"),),
    "six-legged creature": ((False, "sexfoting", "sexfotingar", "sexfotingen", "sexfotingarna"),),
    "apple": ((True, "äpple", "äpplen", "äpplet", "äpplena"),),
    "brush": ((False, "pensel", "penslar", "penseln", "penslarna"),),
}
PARTS = {"tower": ("av {n} klossar",), "cradle": ("med {n} kulor",)}
# (en röd, ett rött, röda)
COLOURS = {
    "red": (("röd", "rött", "röda"), ("klarröd", "klarrött", "klarröda")),
    "orange": (("orange", "orange", "orange"), ("brandgul", "brandgult", "brandgula")),
    "yellow": (("gul", "gult", "gula"), ("citrongul", "citrongult", "citrongula")),
    "green": (("grön", "grönt", "gröna"), ("klargrön", "klargrönt", "klargröna")),
    "blue": (("blå", "blått", "blå"), ("klarblå", "klarblått", "klarblå")),
    "purple": (("lila", "lila", "lila"), ("violett", "violett", "violetta")),
    "pink": (("rosa", "rosa", "rosa"), ("skär", "skärt", "skära")),
    "white": (("vit", "vitt", "vita"), ("kritvit", "kritvitt", "kritvita")),
    "black": (("svart", "svart", "svarta"), ("kolsvart", "kolsvart", "kolsvarta")),
}
# (en liten, ett litet, små, den lilla)
SIZES = {
    "small": (("liten", "litet", "små", "lilla"), ("pytteliten", "pyttelitet", "pyttesmå", "pyttelilla")),
    "large": (("stor", "stort", "stora", "stora"), ("jättestor", "jättestort", "jättestora", "jättestora")),
}
MATERIAL_ADJECTIVES = {
    "matte": (("matt", "matt", "matta"),),
    "metal": (("metallisk", "metalliskt", "metalliska"),),
}
MATERIAL_PREFIXES = {"metal": ("metall", "stål"), "glass": ("glas",), "wood": ("trä",)}
MADE_OF = {
    "matte": ("med matt yta", "med en matt yta"),
    "metal": ("av metall", "i metall", "av blank metall"),
    "glass": ("av glas", "i glas"),
    "wood": ("av trä", "i trä"),
}
NUMBERS = ("noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio")

# (present, infinitive, participle)
MOTIONS = {
    "rests": (
        ("ligger stilla", "ligga stilla", "stillaliggande"),
        ("vilar", "vila", "vilande"),
        ("står stilla", "stå stilla", "stillastående"),
    ),
    "falls": (
        ("faller", "falla", "fallande"),
        ("faller ner", "falla ner", "nedfallande"),
        ("ramlar ner", "ramla ner", "ramlande ner"),
    ),
    "bounces": (
        ("studsar", "studsa", "studsande"),
        ("studsar upp och ner", "studsa upp och ner", "studsande upp och ner"),
        ("hoppar", "hoppa", "hoppande"),
    ),
    "rolls": (("rullar", "rulla", "rullande"), ("rullar fram", "rulla fram", "rullande fram")),
    "slides": (
        ("glider", "glida", "glidande"),
        ("glider fram", "glida fram", "glidande fram"),
        ("kanar", "kana", "kanande"),
    ),
    "spins": (
        ("snurrar", "snurra", "snurrande"),
        ("snurrar runt", "snurra runt", "snurrande runt"),
        ("roterar", "rotera", "roterande"),
    ),
    "topples": (
        ("välter", "välta", "vältande"),
        ("tippar omkull", "tippa omkull", "tippande omkull"),
        ("ramlar omkull", "ramla omkull", "ramlande omkull"),
        ("faller omkull", "falla omkull", "fallande omkull"),
    ),
    "drives": (("kör", "köra", "körande"), ("kör fram", "köra fram", "körande fram")),
    "swings": (
        ("svänger i sidled", "svänga i sidled", "svängande i sidled"),
        ("svänger åt sidorna", "svänga åt sidorna", "svängande åt sidorna"),
    ),
    "swings to and fro": (
        ("svänger fram och tillbaka", "svänga fram och tillbaka", "svängande fram och tillbaka"),
        ("svänger in och ut", "svänga in och ut", "svängande in och ut"),
    ),
}
MOTIONS |= {
    "walks": (("går", "gå", "gående"), ("promenerar", "promenera", "promenerande"), ("vandrar", "vandra", "vandrande")),
    "hops": (("hoppar fram", "hoppa fram", "hoppande fram"), ("skuttar", "skutta", "skuttande")),
    "paints": (
        ("målar ett streck", "måla ett streck", "målande ett streck"),
        ("drar ett penseldrag", "dra ett penseldrag", "dragande ett penseldrag"),
    ),
}
MOVES = (("rör sig", "röra sig", "rörande sig"), ("åker", "åka", "åkande"), ("färdas", "färdas", "färdande"))
DIRECTIONS = {
    "left": ("åt vänster", "mot vänster", "från höger till vänster", "vänsterut"),
    "right": ("åt höger", "mot höger", "från vänster till höger", "högerut"),
    "towards the camera": ("mot kameran", "mot oss", "mot betraktaren", "i riktning mot kameran"),
    "away from the camera": ("bort från kameran", "bort från oss", "in i fjärran", "bort från betraktaren"),
}
GROUNDS = {
    "grass": ("gräset", "gräs", "en gräsmatta", "gräsmattan"),
    "sand": ("sanden", "sand", "sandig mark"),
    "wood": ("ett trägolv", "trägolvet", "ett parkettgolv", "golvplankor"),
    "marble": ("ett marmorgolv", "marmor", "marmorgolvet"),
    "brick": ("ett tegelgolv", "tegel", "tegelgolvet", "tegelstenar"),
    "snow": ("snön", "snö", "snöig mark", "ett snöfält"),
    "tiles": ("ett kaklat golv", "kakel", "ett klinkergolv", "golvplattor"),
    "asphalt": ("asfalten", "asfalt", "en asfalterad väg"),
}
GROUND_TAGS = {
    "grass": ("gräs", "gräsmatta", "på gräs"),
    "sand": ("sand", "på sand", "sandig mark"),
    "wood": ("trägolv", "på ett trägolv", "parkettgolv"),
    "marble": ("marmorgolv", "marmor", "på marmor"),
    "brick": ("tegelgolv", "tegel", "på tegel"),
    "snow": ("snö", "på snö", "snöig mark"),
    "tiles": ("kaklat golv", "kakel", "klinkergolv"),
    "asphalt": ("asfalt", "på asfalt", "asfalterad väg"),
}
ON = ("på",)
ACROSS = ("över", "på")
GROUND_PREPOSITIONS = {"rolls": ACROSS, "slides": ACROSS, "falls": ("ner på", "på")}
RELATIONS = {
    "left of": ("till vänster om", "vänster om", "på vänster sida om"),
    "right of": ("till höger om", "höger om", "på höger sida om"),
    "behind": ("bakom", "strax bakom"),
    "in front of": ("framför", "strax framför"),
    "on": ("ovanpå", "uppe på"),
}
CARRIES = ("med {other} ovanpå", "med {other} ovanpå sig")
FROM_SIDE = {"left": ("från vänster", "från vänster sida"), "right": ("från höger", "från höger sida")}
ON_SIDE = {"left": ("till vänster", "på vänster sida"), "right": ("till höger", "på höger sida")}
AWAY_SIDE = {"left": ("åt vänster",), "right": ("åt höger",)}
HITS = ("träffar", "krockar med", "stöter till", "kolliderar med", "krockar in i")
IS_HIT = ("träffas av", "rammas av")
EVENTS = {
    "stops": ("stannar", "stannar upp", "stannar helt"),
    "is pushed away": ("knuffas bort", "stöts bort", "puttas bort"),
    "disappears behind": ("försvinner bakom", "försvinner in bakom", "åker in bakom"),
    "comes out": ("kommer fram", "dyker upp igen", "kommer fram igen"),
    "stays hidden": ("kommer inte fram igen", "förblir utom synhåll", "håller sig utom synhåll"),
    "leaves the frame": ("lämnar bilden", "försvinner ur bild", "åker ut ur bild"),
    "comes back": ("kommer tillbaka", "återvänder", "kommer tillbaka in i bild"),
    "all fall": ("faller allihop", "välter allesammans", "faller efter varandra"),
    "collapses": ("rasar", "störtar samman", "faller ihop"),
    "breaks": ("går sönder", "krossas", "spricker i bitar"),
    "stays standing": ("står kvar", "förblir stående", "faller inte"),
    "raises dust": ("river upp damm", "virvlar upp damm", "drar upp ett dammoln"),
    "lands in": ("landar i", "trillar ner i", "hamnar i"),
    "bounces down": ("studsar nerför", "hoppar nerför"),
    "rolls down": ("rullar nerför", "rullar utför"),
    "slides down": ("glider nerför", "kanar nerför"),
    "is let go": ("släpps", "släpps fri"),
    "swings out": ("svänger ut", "gungar ut"),
    "lands on": ("landar på", "kommer ner på"),
    "is flung up": ("slungas upp", "kastas upp i luften", "flyger upp i luften"),
}
EVENTS |= {
    "meets": ("möter", "går fram till", "stöter på"),
    "turns around": ("vänder om", "vänder tillbaka", "gör helt om"),
    "jumps for joy": ("hoppar av glädje", "skuttar av glädje"),
    "runs away": ("springer sin väg", "flyr", "springer bort"),
    "chases": ("jagar", "springer efter", "förföljer"),
    "is happy": ("ser glad ut", "är på gott humör", "verkar glad"),
    "is afraid": ("ser rädd ut", "darrar av skräck", "verkar rädd"),
    "is angry": ("ser arg ut", "är på dåligt humör", "verkar arg"),
    "leaves a track": ("lämnar ett spår", "gör en fåra"),
    "leaves footprints": ("lämnar fotspår", "gör fotspår"),
    "paints a stripe": ("målar en rand", "lämnar en rand av färg"),
    "bites into": ("biter i", "tar en tugga av"),
}
CUTS = {
    "close shot": (("bilden", "klipps", "till en närbild"), ("scenen", "klipps", "till en närbild")),
    "wide shot": (("bilden", "klipps", "till en helbild"), ("scenen", "klipps", "till en vidbild")),
    "other side": (("bilden", "klipps", "till andra sidan"), ("scenen", "klipps", "till motsatta sidan")),
}
REMAINS = {
    "trace stays": (("spåret", "finns", "kvar"), ("märket", "stannar", "kvar"), ("avtrycket", "syns", "ännu")),
    "bite is missing": (("en tugga", "saknas", ""), ("en bit", "fattas", "nu")),
}
UNOWNED = CUTS | REMAINS
"""Events that are nobody's."""
WALL = ("en vägg", "väggen", "en mur")
SOMETHING = "något"
