"""LibreOffice, where it is installed: it turns a file of an old kind into one of the new kind that has a loader.

It runs inside the parsing process's group, under the same limits, and is killed with it. Its profile is new for each
file and forbids macros, links to other files and to the network: what is converted comes from strangers.
"""

import shutil
import subprocess
from pathlib import Path

from indexes.errors import LoadError

PROGRAM = "soffice"

_ITEM = '<item oor:path="/org.openoffice.{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>'
_NEVER = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    # what would be fetched in spite of that is asked of a proxy that is not there
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)
_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    + "".join(_ITEM.format(*setting) for setting in _NEVER)
    + "</oor:items>"
)


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


def convert(path: str | Path, old: str, new: str, folder: Path) -> Path:
    """The file as one of the kind `new`, written below `folder`; `old` is the extension that it would have.

    Raises:
        LoadError: corrupt, when LibreOffice can't open it.
    """
    settings = folder / "profile" / "user"
    settings.mkdir(parents=True)
    (settings / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    original = folder / f"document.{old}"
    original.symlink_to(Path(path).absolute())  # what LibreOffice writes beside a file stays in this folder
    command = [PROGRAM, f"-env:UserInstallation={settings.parent.as_uri()}", "--headless", "--norestore", "--nologo"]
    command += ["--convert-to", new, "--outdir", str(folder), str(original)]
    run = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    converted = folder / f"document.{new}"
    if run.returncode or not converted.is_file():
        lacks_memory = "bad_alloc" in run.stderr
        raise LoadError(
            "limit" if lacks_memory else "corrupt",
            detail=f"LibreOffice ended with {run.returncode}: {run.stderr[-500:]}",
        )
    return converted
