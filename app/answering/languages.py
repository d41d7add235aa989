"""The small words of the shipped languages: which say nothing by themselves, which point back, which only add.

Lists and not models: they cost nothing, and what they do can be read. Arabic, Hindi, Chinese and Japanese attach small
words to others or write without spaces, so there pointers and openers are looked for as parts of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexes.words import split_words


@dataclass(frozen=True)
class Language:
    """`small` words say nothing alone, `pointers` stand for something said before, `openers` begin an addition."""

    small: frozenset[str]
    pointers: frozenset[str]
    openers: tuple[str, ...]


def _language(small: str, pointers: str, openers: str) -> Language:
    return Language(
        frozenset(small.split()), frozenset(pointers.split()), tuple(part.strip() for part in openers.split("|"))
    )


LANGUAGES: dict[str, Language] = {
    "en": _language(
        "a about again another all also am an and any anything are as at be because been but by can could did "
        "difference do "
        "does doing else example examples explain for from give had has have how i if in into is just know like many "
        "one other others same such there "
        "may me mean means more much must my need no not now of okay on or our out please really say should show so "
        "some something tell than thank thanks the then think to too us want was we well were what when where whether "
        "which who whom whose why will with would yes you your detail details further",
        "it its they them their theirs he she him her his this that these those both ones",
        "what about|how about|and|or|but|also|what else|anything else|why not|then|in that case|same for|for|in|on|at|"
        "with|without|to|from",
    ),
    "de": _language(
        "aber alle als am an auch auf aus bei bin bis bitte da dann das dass dein den der des die doch du ein eine "
        "einem einen einer es etwas für gegeben gibt hab habe haben hat ich im in ist ja kann können könnte man mehr "
        "mein mich mir mit muss müssen nach nein nicht noch nun oder schon sich sie sind so soll und uns vom von vor "
        "war warum was wann weil welche welcher welches wenn wer werden wie wieso wieviel viel viele wir wird wo wozu "
        "woher wohin zu zum zur genau erklären erkläre beispiel unterschied über",
        "er ihn ihm ihr ihnen ihre ihren ihrer sein seine seinen dies diese diesen dieser dieses jene jener dort dafür "
        "damit darin davon dazu darauf daran darüber deren dessen sie es das beide beides",
        "und|was ist mit|wie sieht es mit|wie ist es mit|wie steht es mit|oder|aber|auch|was noch|sonst|und was|für|"
        "in|im|am|mit|ohne|bei|nach",
    ),
    "fr": _language(
        "a ai au aux avec avez c ce ces cette comment combien d dans de des du elle en est et être eu faire fait faut "
        "il "
        "j je l la le les leur ma mais me mes moi mon n ne nous on ont ou où par pas peut plus pour pourquoi puis qu "
        "que "
        "quel quelle quelles quels qui quoi s sa sans se ses si sont sur t te tu un une va vos votre vous y quand "
        "expliquer exemple différence encore",
        "il elle ils elles lui leur leurs ça cela ceci ceux celle celui celles y en ce",
        "et|qu en est il|et pour|ou|mais|aussi|quoi d autre|et si|avec|sans|dans|en|chez",
    ),
    "es": _language(
        "a al algo como cómo con cual cuál cuales cuáles cuando cuándo cuanto cuánto cuánta cuántos de del donde "
        "dónde e "
        "el en es está están esta este estoy fue ha hace hacer hay he la las le les lo los más me mi mis muy no nos o "
        "para pero por porque puede puedo que qué quien quién se sea si sin sobre son su sus también te tengo tiene tu "
        "un una uno unos usted y ya yo explica ejemplo diferencia",
        "él ella ellos ellas eso esto esa ese esos esas aquello lo su sus allí ahí ambos",
        "y|qué pasa con|qué tal|qué hay de|o|pero|también|algo más|y si|para|en|con|sin",
    ),
    "it": _language(
        "a ai al alla alle anche che chi ci come con cosa cos da dal dei del della delle di dove e è era fa fare gli "
        "ha "
        "ho i il in io l la le lo ma mi mio molto ne nei nel nella no noi non o per perché più può posso quale quali "
        "quando quanti quanto quanta se si sono su sul tra tu un una uno vi voi spiega esempio differenza",
        "lui lei loro esso essa essi esse questo questa questi queste quello quella quelli ciò ne suo sua suoi lì "
        "entrambi",
        "e|che ne dici di|e per|o|ma|anche|cos altro|e se|invece|con|senza|in",
    ),
    "pt": _language(
        "a ao aos as com como da das de do dos e é em era eu faz fazer foi há isso já la lhe mais mas me meu minha "
        "muito "
        "na não nas no nos nós o onde os ou para pela pelo pode posso por porque qual quais quando quanto quanta "
        "quantos "
        "que quem se sem ser seu sobre são sua também te tem tenho um uma você exemplo diferença explique",
        "ele ela eles elas isso isto aquilo esse essa esses essas dele dela deles seu sua lá ambos",
        "e|e quanto a|que tal|ou|mas|também|o que mais|e se|para|em|com|sem",
    ),
    "nl": _language(
        "aan al als ben bij dan dat de die dit doen door een en er gaat geen had heb hebben heeft hem het hij hoe "
        "hoeveel "
        "ik in is ja je kan kunnen maar me meer met mij mijn moet na naar niet nog nu of om onze ook op over te tot u "
        "uit uw van veel voor waar waarom wanneer was wat we welk welke wie wij wil worden wordt ze zijn zo zou leg "
        "voorbeeld verschil",
        "hij zij ze hem haar hen hun dit dat deze die daar ervan ermee erop erin daarvan daarmee beide",
        "en|hoe zit het met|of|maar|ook|wat nog meer|en als|wat betreft|voor|in|op|met|zonder",
    ),
    "pl": _language(
        "a aby albo ale bo by być był była było co czy dla do dlaczego gdy gdzie i ich ile ja jak jaka jaki jakie jest "
        "jestem już kiedy kto który która które lub ma mam może można mi mnie na nie nam o od po pod przez przy się są "
        "ta tak tam te ten też to u w we więcej z za ze że jeszcze proszę przykład różnica",
        "on ona ono oni one jego jej im ich to ten ta te tego tej tym tam nim niej nich oba",
        "a|i|a co z|co z|lub|ale|też|co jeszcze|a jeśli|dla|w|na|z|bez",
    ),
    "tr": _language(
        "ama bana ben bir biz bu çok da daha de değil diye en gibi hangi hangisi hem için ile ise kaç kadar ki kim "
        "kimin mı mi mu mü ne neden nasıl nedir nerede niçin niye olan olarak olur o sen siz şu var ve veya ya yok "
        "fark "
        "örnek",
        "o bu şu onlar bunlar şunlar onun bunun onların ona buna onu bunu orada burada ondan bundan",
        "ve|peki|ya|veya|ama|ayrıca|başka",
    ),
    "ar": _language(
        "ما ماذا من متى أين كيف كم هل لماذا أي في على إلى عن مع أو و لا نعم أن إن هناك لي أنا نحن أنت كل بعض أكثر "
        "مثال الفرق",
        "هو هي هم هذا هذه ذلك تلك هؤلاء عنه عنها به بها له لها فيه فيها منه منها",
        "وماذا عن|ماذا عن|و ماذا|وهل|وكم|وكيف|وأين|ومتى|أيضا",
    ),
    "hi": _language(
        "का की के को में से पर है हैं था थे थी और या क्या कब कहाँ कहां कैसे कितना कितने कितनी क्यों कौन किस कर करना "
        "करें लिए मुझे मैं हम आप "
        "तो भी नहीं हाँ एक यह वह उदाहरण अंतर",
        "यह ये वह वे इस उस इसे उसे इसका उसका इसकी उसकी इसके उसके इनका उनका वहाँ वहां इसमें उसमें",
        "और|के बारे में क्या|या|लेकिन|भी",
    ),
    "zh": _language("", "它 他 她 它们 他们 她们 这 那 这个 那个 这些 那些", "那么|还有|那|以及"),
    "ja": _language("", "それ これ あれ その この あの そこ そちら 彼 彼女", "では|じゃあ|それでは|あと|また"),
}  # fmt: skip

_HAN, _KANA = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[\u3040-\u30ff]")
_SCRIPTS = (("ar", re.compile(r"[\u0600-\u06ff]")), ("hi", re.compile(r"[\u0900-\u097f]")))


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case, whatever script; without spaces between them, letters in pairs."""
    return split_words(text)


def guess_language(text: str, otherwise: str = "en") -> str:
    """Return the shipped language whose small words a text holds most of; `otherwise` where it holds none."""
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh"
    for code, script in _SCRIPTS:
        if script.search(text):
            return code
    words = split_words(text)
    counts = {code: sum(w in lang.small or w in lang.pointers for w in words) for code, lang in LANGUAGES.items()}
    most = max(counts, key=lambda code: counts[code])  # the first of equals: English
    return most if counts[most] else otherwise


def is_spaceless(code: str) -> bool:
    """Tell whether a language is written without spaces between its words."""
    return code in ("zh", "ja")
