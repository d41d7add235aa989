STRINGS = {"en": {}}
