"""English by class: which words carry no constraint, which are cues that need a slot. No domain words here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, cast

CalendarUnit = Literal["day", "week", "month", "quarter", "year"]


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


DETERMINERS = word_set(
    """
    a an the this that these those my our your his her their its any some all each every
    """
)
PRONOUNS = word_set(
    """
    i me we us you he she it they them who whom whose which what where when how there here itself themselves
    ourselves one ones anyone someone anything something everything
    """
)
AUXILIARIES = word_set(
    """
    is are was were be been being am do does did done doing has have had having can could may might must shall
    should would
    """
)
PREPOSITIONS = word_set(
    """
    of for in on at to from with by per across into onto about among amongst around through via regarding
    concerning towards toward upon off out up down as along inside
    """
)
CONJUNCTIONS = word_set("and or but so if then also too either both while because whether plus")
FUNCTION = DETERMINERS | PRONOUNS | AUXILIARIES | PREPOSITIONS | CONJUNCTIONS

LINKERS = word_set(
    """
    of for in on at to from with the a an our we us you they their its is are was were be been being do does did
    has have had get gets got that which could can would take takes took taking it running lasting lasted still
    come came coming
    already currently yet straight right immediately directly instantly shortly
    """
)
SUPERLATIVES = word_set(
    """
    top bottom best worst highest lowest biggest largest smallest greatest most least fewest longest shortest
    """
)
EXCLUDERS = word_set("excluding except exclude without not non no besides minus ignoring omitting")
COMMON_VALUES = word_set(
    """
    high low medium new old change changes yes no other unknown none success failure positive negative neutral
    open closed active inactive large small big annual periodic home step male female good bad standard regular
    basic f m moved moving move
    """
)

POPULATION = word_set(
    """
    member members customer customers caller callers people folks folk person persons user users client clients
    everyone everybody individuals enrollee enrollees subscriber subscribers consumer consumers population base
    visitor visitors
    """
)

FILLER = word_set(
    """
    gives giving gave else throw throws repeatedly rid sum seen collect collected gather gathered logged handled
    serve served
    please kindly show give tell list display see get gets got getting pull provide report reports chart plot
    graph table look looking know want wants wanted need like understand check find fetch bring hi hello hey
    thanks thank ok okay well um uh just really actually basically simply quickly wondering wonder curious
    interested asked asking question questions answer help let go going run present print hear hearing think
    thinking say says said talk talking view views exactly number numbers figure figures data
    stats stat statistic statistics metric metrics kpi kpis value values level levels picture overview breakdown
    breakdowns split splits detail details result results information info summary total totals overall amount
    amounts count counts reading readings ranking rank ranked ranks order ordered sort sorted grouped
    broken break down drill slice sliced segmented compute calculate calculated measure measured reported
    recorded observed come comes came coming take takes took taking make makes made making have having happen
    happens happened happening occur occurs occurred occurring perform performing performed fare fares use uses
    used using seeing sees saw experience experiences experienced experiencing receive receives received
    receiving running stand stands stood standing looks looked vary varies varied differ differs differed end
    ends ended ending become becomes became goes went put puts keep keeps kept currently typically usually
    generally usual normal normally often frequently frequent roughly approximately about quite very
    much many far even still yet already ever always particular specifically respectively respective different
    various certain given associated related relevant corresponding according based basis terms respect regard
    regards instance example rather case common hit company business organization organisation enterprise ours
    thing things way ways kind kinds group groups category categories band bands only solely strictly generate
    generates generated generating produce produces produced producing create creates created creating account
    accounts accounted accounting contribute contributes contributed contributing responsible bit lot lots
    pretty fairly kinda maybe perhaps possibly probably across
    live lives lived living reside resides residing based located window windows timeframe span period periods
    tied locked stuck sitting sits sit lie lies lying straight right immediately directly instantly promptly soon
    quick total totals altogether booked wish wishes version somebody inclusive glad keen himself herself
    yourself hits hitting
    """
)

AVERAGE = word_set("average avg mean averaged averages typical")
UNSUPPORTED_STATISTICS = word_set(
    """
    median percentile p50 p90 p95 p99 maximum minimum max min deviation variance distribution histogram outlier
    outliers stddev quartile decile cumulative
    """
)
NEGATION = word_set("not no never without neither nor except excluding")
SHARE = word_set("share percentage percent pct proportion fraction ratio portion % rate rates")

NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "dozen": 12, "couple": 2,
    "handful": 5, "few": 3,
}  # fmt: skip

MONTHS = {
    name: index
    for index, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sep sept", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS = {
    name: index
    for index, names in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
    for name in names.split()
}
UNITS: dict[str, CalendarUnit] = {
    form: cast(CalendarUnit, unit)
    for unit, forms in {
        "day": "day days", "week": "week weeks wk wks", "month": "month months mo",
        "quarter": "quarter quarters qtr",
        "year": "year years yr yrs",
    }.items()
    for form in forms.split()
}  # fmt: skip
ADVERB_GRAINS = {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
    "annually": "year", "annual": "year",
}  # fmt: skip

TIME_WORDS = word_set(
    """
    today yesterday tomorrow tonight now last past previous prior current this next since until till before
    after during within between ago year-to-date ytd mtd qtd wtd latest recent recently trailing rolling half
    first second third fourth week fiscal calendar date trend trends trending time times
    """
) | MONTHS.keys() | WEEKDAYS.keys() | UNITS.keys() | ADVERB_GRAINS.keys()  # fmt: skip

CUE_WORDS = word_set(
    """
    top bottom highest lowest most least best worst biggest largest smallest greatest fewest longest shortest
    fastest slowest leading versus vs compare compared comparing comparison difference against than more less
    fewer greater higher lower above below over under exceeding exceed exceeds except excluding exclude without
    other apart only why drivers driver driving drives cause causes causing reason reasons behind explain
    because reduce reducing cut cutting fix fixed fixing save savings saving worth suppose improve improving
    improved half increase increased decrease decreased drop dropped rise risen fall fell change changed instead
    further weekly monthly daily average percent percentage share per by which where who what when how many much
    show give
    """
)

OUTSTANDING = word_set("top bottom highest lowest best worst biggest largest smallest busiest strongest weakest")
"""Words before a unit of time that ask for the one that stands out."""

FOREIGN = {
    "Spanish": "cual cuál es el la los las por que qué para cuantas cuántas cuantos cuántos tasa llamadas del una "
    "como cómo mes semana quien quién con en dónde donde de muestra muéstrame nuestro clientes pasado pasada "
    "dame ayer hoy más menos este esta esto tiene tuvimos hubo fue fueron",
    "French": "quel quelle est le la les des par pour combien une nous dans appels taux avec mois semaine dernier "
    "dernière montre montrez qui du sont où notre donne donnez moi hier quels quelles plus moins avons avez "
    "cette ces sur été",
    "German": "wie was ist der die das den dem ein eine und für viele anrufe welche welcher "
    "zeige mir letzte letzten "
    "woche monat nach im wo wer unsere gab es pro gib zeig bitte gestern heute hatte hatten haben diesen dieser "
    "meisten",
    "Portuguese": "qual quais é o os da do das dos por para quantas quantos taxa chamadas uma mês semana passado "
    "mostre onde como nosso são",
    "Italian": "quale quali è il gli della delle per quante quanti chiamate tasso una mese settimana mostra dove "
    "come sono nostro scorso",
    "Dutch": "wat is de het een hoeveel oproepen per voor welke vorige maand week toon waar onze zijn",
    "Polish": "ile jaki jaka jakie który która które jest są był była było były w z ze na dla czy jak gdzie kto "
    "kiedy dlaczego oraz nie się mi nam nasz nasze według liczba liczbę połączeń pokaż podaj tydzień tygodniu "
    "miesiąc miesiącu zeszłym ostatnich ostatnim wczoraj dzisiaj najwięcej najmniej",
    "Hindi": "kitne kitni kitna kya hai hain ka ki ke mein kaun kaunsa konsa pichle pichhle hafte mahine kal aaj "
    "aaye aayi kaise kyon dikhao dikhaiye batao bataiye sabse",
}
FOREIGN_WORDS = {language: frozenset(words.split()) for language, words in FOREIGN.items()}

KNOWN = FUNCTION | FILLER | TIME_WORDS | CUE_WORDS | NEGATION | AVERAGE | POPULATION | NUMBER_WORDS.keys() | SHARE


@cache
def english() -> frozenset[str]:
    """Common English words that spelling repair must leave alone (english.txt beside this file)."""
    text = (Path(__file__).parent / "english.txt").read_text(encoding="utf-8")
    return frozenset(text.split()) | KNOWN


@cache
def harmless() -> frozenset[str]:
    """Words that never constrain a figure, where they are not a condition (harmless.txt beside this file)."""
    text = (Path(__file__).parent / "harmless.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@cache
def carriers() -> frozenset[str]:
    """Forms of the verbs that only carry a question (verbs.txt beside this file)."""
    text = (Path(__file__).parent / "verbs.txt").read_text(encoding="utf-8")
    bases = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    return frozenset(form for base in bases for form in _forms(base))


_IRREGULAR_FORMS = {
    "bear": "bore borne", "beat": "beaten", "become": "became", "begin": "began begun", "bring": "brought",
    "build": "built",
    "burn": "burnt", "catch": "caught", "cut": "", "draw": "drew drawn", "eat": "ate eaten", "find": "found",
    "get": "got gotten", "give": "gave given", "go": "went gone", "have": "had has", "hold": "held",
    "keep": "kept",
    "know": "knew known", "lay": "laid", "lead": "led", "let": "", "lie": "lay lain", "make": "made",
    "pay": "paid",
    "put": "", "rewrite": "rewrote rewritten", "run": "ran", "say": "said", "see": "saw seen",
    "seek": "sought", "send": "sent",
    "shake": "shook shaken", "show": "shown", "sit": "sat", "spread": "", "stand": "stood", "stick": "stuck",
    "swing": "swung", "take": "took taken", "tell": "told", "think": "thought", "throw": "threw thrown",
    "come": "came",
    "understand": "understood", "do": "did done does", "feed": "fed", "feel": "felt",
}  # fmt: skip


def _forms(base: str) -> set[str]:
    """The base with -s, -ing and -ed as English spells them, and its irregular forms."""
    stem = base[:-1] if base.endswith("e") and not base.endswith("ee") else base
    doubled = (
        len(base) < 5 and base[-1] in "bdgmnprt" and base[-2] in "aeiou" and base[-3:-2] not in tuple("aeiou")
    )
    stem = base + base[-1] if doubled else stem
    third = base[:-1] + "ies" if base.endswith("y") and base[-2] not in "aeiou" else base + "s"
    third = base + "es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else third
    past = base[:-1] + "ied" if base.endswith("y") and base[-2] not in "aeiou" else stem + "ed"
    return {base, third, stem + "ing", past, *_IRREGULAR_FORMS.get(base, "").split()}


CHANGING = word_set(
    """
    up down high higher low lower more less fewer worse better rise rises rising rose fall falls falling
    fell drop drops dropped dropping increase increases increased increasing decrease decreased decreasing
    grow grows growing grew jump jumps jumped spike spikes spiked double doubled climb climbed climbing so
    than bad big many much often long longer slow slower still
    """
)
"""Words of a change or a level: its drivers are asked for, not what is written beside each case."""
