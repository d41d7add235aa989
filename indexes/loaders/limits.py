"""How much of a file is read: far above honest documents, far below what hurts the machine."""

MAX_PAGES = 10_000
MAX_ROWS = 500_000
MAX_COLUMNS = 1_000
MAX_CHARACTERS = 30_000_000

# Archives (docx, pptx, xlsx, epub, odt) are judged by their own directory, before anything is unpacked.
MAX_ARCHIVE_ENTRIES = 20_000
MAX_UNPACKED_BYTES = 600_000_000
MAX_UNPACK_RATIO = 150
RATIO_COUNTS_FROM_BYTES = 30_000_000  # small files of blank rows honestly reach ratios of several hundred
