"""Every word of the widget's own, by language; the script gets them with its configuration."""

from __future__ import annotations

STRINGS: dict[str, dict[str, str]] = {
    "en": {
        "open": "Open chat", "close": "Close chat", "send": "Send", "placeholder": "Ask a question", "stop": "Stop",
        "typing": "The answer is being written", "sources": "Sources", "page": "page", "slide": "slide", "row": "row",
        "sheet": "sheet", "good": "Good answer", "bad": "Bad answer", "thanks": "Thank you", "retry": "Try again",
        "new_chat": "New chat", "new_chat_sure": "Start a new chat? This one is closed.", "yes": "Yes", "no": "No",
        "offline": "You are offline. Your question was not sent.",
        "away": "The chatbot can't be reached. Try again in a moment.",
        "cut_off": "The answer was cut off.", "powered_by": "Powered by Docent", "chat": "Chat", "you": "You",
    },
}  # fmt: skip
