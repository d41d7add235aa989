"""Which screens there are for whom, how to sign in there, and pictures of all of them to look at.

`python -m tests.e2e.walk FOLDER [WORD...]` writes a PNG of each screen, wide and narrow, light and dark;
words narrow it to screens whose file name holds one of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.e2e.cast import PASSWORD, email_of

WIDE, NARROW, NARROWEST = 1280, 390, 360
LISTS_OF_MEMBERS = ("chatbotview", "sourceview", "domainview", "serviceview")
LISTS_OF_LEADERS = ("submissionview", "workspaceview", "workspacememberview", "invitationview")
LISTS_OF_STAFF = ("orderview", "planview", "subscriptionview", "memberview")


def _lists(*names):
    return [f"/{name}/list/" for name in names]


def pages_of(who, stage):
    """The addresses that a person of the cast can open; nobody stands for who is not signed in."""
    full, new = f"/chatbot/{stage.full}", f"/chatbot/{stage.new}"
    here = f"/history/{stage.service_id}/{stage.domain}/{stage.full}"
    owner = [
        "/", full, new, f"{full}/sources", f"{new}/sources", f"{full}/domains", f"{full}/preview", f"{full}/answers", f"{full}/privacy", f"/dialogue/{stage.chat}/hold", f"{new}/answers", f"{full}/manner", f"{full}/model", f"/text/of/{stage.full}", f"{full}/scans", f"{full}/forms/{stage.form}", f"/submission/{stage.submission}", here, f"{here}/{stage.chat}", f"/history/{stage.service_id}", f"/history/{stage.service_id}?slower=x", f"/history/{stage.service_id}/{stage.chat}?state=grounded",
        *(f"{full}/{name}" for name in ("look", "behavior", "words", "words?language=ar", "visitors", "forms")), "/profile/", "/nothing", "/profile/second-factor/", "/profile/delete/",
        f"/service/{stage.service}/handover", "/auditview/list/", f"/exports/for/{stage.service_id}", f"/exports/for/{stage.service_id}?per=session&state=refused",
        *_lists(*LISTS_OF_MEMBERS, *LISTS_OF_LEADERS),
        "/chatbotview/add", "/chatbotview/edit/1", "/chatbotview/delete/1", "/chatbotview/list/?q=nothing",
        "/sourceview/show/1", "/sourceview/show/3", "/sourceview/show/5", "/domainview/add", "/domainview/show/1", "/domainview/edit/1", "/domainview/delete/1",
        "/workspaceview/add", "/workspaceview/show/2", "/workspacememberview/edit/1", "/workspacememberview/delete/1",
        *(f"/website/{uuid}" for uuid in stage.websites), f"/website/{stage.websites[0]}?outcome=skipped",
        "/plans/", f"/service/{stage.service}", f"/service/{stage.service}/cancel",
        "/insights/", f"/insights/chatbot/{stage.full}?days=365", f"/insights/chatbot/{stage.new}", "/unanswered/", f"/unanswered/{stage.cluster}", f"/fix/{stage.answer}",
        f"/versions/{stage.full}", f"/golden/{stage.full}", f"/versions/{stage.new}", f"/golden/{stage.new}",
        f"/domain/{stage.domain}", f"/embed/{stage.embed}", f"/chat/{stage.hosted}",
        "/invitationview/add", "/invitationview/show/1", "/invitationview/delete/1", "/serviceview/show/2",
    ]  # fmt: skip
    installation = [
        "/", *_lists(*LISTS_OF_STAFF), "/mails/", "/planview/add", "/planview/show/1", "/planview/edit/1",
        "/planview/delete/1", "/modelpriceview/list/", "/modelpriceview/add", "/subscriptionview/show/1", "/memberview/show/2", "/memberview/suspend/3", "/memberview/add", "/suspensions/", "/terms/versions/", "/memberview/role/3",
        "/orderview/show/1", "/orderview/activate/1", "/orderview/reject/1", f"/service/{stage.service}",
        f"/service-care/{stage.service}/suspend", f"/service-care/{stage.service}/extend",
        "/serviceview/list/", "/serviceview/edit/2", "/look/", "/import/", "/holding/?website=www.example.com",
    ]  # fmt: skip
    return {
        "nobody": ["/", "/plans/", "/handbook/", "/handbook/owners-guide", "/login/", "/sign-up/", "/reset/", stage.verification, stage.invitation, "/verify/x", "/invitation/x", "/nothing"],
        "ada": owner,
        "ben": ["/", full, f"/website/{stage.websites[2]}", *_lists(*LISTS_OF_MEMBERS, *LISTS_OF_LEADERS)],
        "uma": ["/", full, f"{full}/sources", f"{full}/answers", f"/website/{stage.websites[2]}", f"{full}/preview", "/sourceview/show/1", *_lists(*LISTS_OF_MEMBERS), "/history/"],
        "cid": ["/", *_lists(*LISTS_OF_MEMBERS, *LISTS_OF_LEADERS)],
        "sam": installation,
        "root": ["/", "/auditview/list/", "/auditview/show/1"],
        "sue": ["/", "/look/", "/profile/"],
    }[who]  # fmt: skip


def sign_in(context, address, who):
    """Sign a person of the cast in; later pages of the context are theirs."""
    page = context.new_page()
    page.goto(f"{address}/login/")
    page.fill("#email", email_of(who))
    page.fill("#password", PASSWORD)
    page.click("main button:not([data-set-theme])")
    page.wait_for_url(f"{address}/")
    page.close()


def _file_name(who, path, width, scheme):
    name = "-".join(part for part in path.replace("?", "/").split("/") if part and len(part) < 30) or "home"
    return f"{who}-{name}-{width}-{scheme}.png"


def look(browser, address, stage, folder, words):
    """Write the pictures."""
    for who in ("nobody", "ada", "ben", "uma", "cid", "sam", "root"):
        for scheme in ("light", "dark"):
            context = browser.new_context(color_scheme=scheme)
            paths = pages_of(who, stage)
            names = {
                (p, w): _file_name(who, p + ("/new" if str(stage.new) in p else ""), w, scheme)
                for p in paths
                for w in (WIDE, NARROW)
            }
            wanted = {key: name for key, name in names.items() if not words or any(word in name for word in words)}
            if wanted and who != "nobody":
                sign_in(context, address, who)
            page = context.new_page()
            for (path, width), name in wanted.items():
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(address + path)
                page.wait_for_load_state("load")
                page.screenshot(path=str(folder / name), full_page=True)
            context.close()


def main(folder, words):
    from playwright.sync_api import sync_playwright

    from tests.e2e.stage import running_stage

    folder.mkdir(parents=True, exist_ok=True)
    with running_stage() as (address, stage, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        look(browser, address, stage, folder, words)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
