"""Sentences of documents that give orders to machines ("ignore previous instructions"): never obeyed, never quoted.

No list finds them all. What is missed meets the checks on what a chat model says (`citing`), whoever made it say so.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_ORDERS = r"""
      \b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:previous|prior|above|earlier|all|any|your|these|those|the)\b
        .{0,30}\b(?:instruction|prompt|rule|direction|guideline|safeguard|polic|passage|document)
    | \b(?:reveal|print|repeat|output|show|leak|tell|give|send|disclose|post|write\s+out)\b.{0,40}\b(?:system\s+prompt|
        (?:your|the|these|all)\s+(?:hidden|secret|initial|original)\s+(?:prompt|instructions)\b|
        (?:your|the|these|all)\s+(?:prompt|instructions)\b(?!\s+(?:on|in|for)))
    | \b(?:api|secret)\s*keys?\b.{0,40}\b(?:reveal|print|send|post|in\s+your)
    | \byou\s+are\s+(?:now|no\s+longer)\s+(?:an?\s+)?(?:\w+\s+){0,2}(?:ai|assistant|bot|dan|model|bound|
        restricted|unrestricted|pirate|admin)\b
    | \b(?:new|updated|real|secret|hidden)\s+system\s+(?:instructions?|prompt|rules?|message)\b
    | \b(?:system\s+prompt|system\s+override|jailbreak|dan\s+mode|god\s+mode)\b
    | (?:^|\n)\s*(?:system|assistant|developer)\s*:\s*(?:you|ignore|always|never|do\s+not|from\s+now|the\s+user)
    | \[/?(?:inst|system|sys)\] | <\|?/?\s*(?:im_start|im_end|system|assistant|endoftext)\s*\|?>
    | \#{2,}\s*(?:system|instruction|assistant)\b\s*:?
    | \b(?:ai|language\s+model|llm|chatgpt|gpt)s?\b(?:\s+\w+){0,6}\s+(?:must|shall|has\s+to|have\s+to|needs?\s+to|
        instructed|obey)\b
    | \b(?:answer|respond|reply)\b.{0,30}\b(?:only\s+with|every\s+(?:question|message)|all\s+questions|nothing\s+but)\b
    | \b(?:tell|instruct|ask)\s+the\s+(?:user|visitor)\s+(?:to|that)\b
    | \b(?:to|dear)\s+(?:the\s+|any\s+)?(?:ai|llm|language\s+model|assistant)s?\b.{0,40}
        (?:reading|processing|summari[sz]ing)
    | !\[[^\]]*\]\(\s*https?:
    | \b(?:ignorier|vergiss|vergessen\s+sie|missachte)\w*\b.{0,40}\b(?:anweisung|regel|vorgabe|befehl)
    | \b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:consigne|instruction|règle)
    | \b(?:ignora|olvida|desestima|dimentica|ignore|esqueça)\w*\b.{0,40}\b(?:instruccion|instrucción|regla|istruzion|
        instruç|regol|regra)
    | \b(?:negeer|vergeet)\b.{0,40}\b(?:instructie|regel|opdracht)
    | \b(?:zignoruj|ignoruj|zapomnij)\b.{0,40}\b(?:instrukcj|polece|zasad)
    | \b(?:önceki|yukarıdaki)\b.{0,40}\b(?:talimat|kural)
    | (?:忽略|无视|忘记).{0,20}(?:指令|指示|规则|提示)
    | (?:以前|これまで|上記).{0,20}(?:指示|命令|ルール).{0,12}(?:無視|忘れ)
    | (?:تجاهل|انس).{0,40}(?:التعليمات|الأوامر|القواعد) | (?:निर्देश|नियम).{0,40}(?:अनदेखा|नज़रअंदाज़|भूल)
    """
# Every order holds one of these; most texts hold none, and the long pattern above takes a tenth of a second to compile.
_HINTS = tuple(
    "instru|prompt|ignor|disregard|forget|overrid|bypass|system|assistant|jailbreak|dan mode|god mode|inst]|sys]|<|"
    "###|gpt|llm|language model|a.i.|ai |ais |answer|respond|reply|tell the|ask the|![|you are|key|vergiss|vergess|"
    "missacht|oubli|olvida|desestima|dimentica|esqueça|negeer|vergeet|talimat|kural|忽略|无视|忘记|無視|忘れ|تجاهل|انس|"
    "निर्देश|नियम|zapomnij".split("|")
)


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(_ORDERS, re.IGNORECASE | re.VERBOSE | re.DOTALL)


def is_order(text: str) -> bool:
    """Tell whether a text speaks to a machine rather than to its readers."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    lower = visible.casefold()
    return any(hint in lower for hint in _HINTS) and _pattern().search(visible) is not None
