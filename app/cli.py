"""The command line: each command parses, calls, prints. `--json` prints JSON alone on stdout, all else on stderr."""

from __future__ import annotations

import argparse
import functools
import io
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from app import logs
from app.commands import caring
from app.commands.failing import explain
from app.commands.saying import say
from app.printable import printable
from app.process.starting import starting

if TYPE_CHECKING:
    from config import Config


class _Parser(argparse.ArgumentParser):
    """A parser that complains in one sentence, and explains each command on one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": functools.partial(argparse.HelpFormatter, width=110), **options})

    def error(self, message: str) -> NoReturn:
        self.exit(2, printable(f"docent: {message}. See `{self.prog} --help`.\n"))


def _serve(config: Config, args: argparse.Namespace) -> int:
    from app.commands import serving

    return serving.serve(config, demo=not args.no_demo)


def _init(config: Config, args: argparse.Namespace) -> int:
    from app.commands import initializing

    return initializing.init(config, demo=args.demo)


def _process(config: Config, args: argparse.Namespace) -> int:
    from app.commands import processes

    return processes.run(args.command, config)


def _create_chatbot(config: Config, args: argparse.Namespace) -> int:
    from app.commands import training

    return training.create_chatbot(config, args.name, args.type, args.workspace)


def _move_index(config: Config, args: argparse.Namespace) -> int:
    from app.commands import moving

    return moving.move_index(config, args.chatbot, args.to)


def _train(config: Config, args: argparse.Namespace) -> int:
    from app.commands import training

    return training.train(config, args.chatbot, args.source, as_json=args.json)


def _crawl(config: Config, args: argparse.Namespace) -> int:
    from app.commands import crawling

    return crawling.run(config, args)


def _ask(config: Config, args: argparse.Namespace) -> int:
    with starting():
        from app.commands import asking
    return asking.ask(config, args)


def _search(config: Config, args: argparse.Namespace) -> int:
    with starting():
        from app.commands import asking
    return asking.search(config, args)


def _evaluate(config: Config, args: argparse.Namespace) -> int:
    with starting():
        from app.commands import evaluating
    return evaluating.run(config, args.chatbot, args.questions, as_json=args.json)


def _import_service(config: Config, args: argparse.Namespace) -> int:
    from app.commands import importing

    return importing.import_service(config, args)


def _export_history(config: Config, args: argparse.Namespace) -> int:
    from app.commands import exporting

    return exporting.export_history(config, args)


def _extract(config: Config, args: argparse.Namespace) -> int:
    from app.commands import extracting

    return extracting.extract(config, args.path, as_json=args.json, with_ocr=args.ocr)


def _rebuild_insights(config: Config, args: argparse.Namespace) -> int:
    from app.commands import counting

    return counting.run(config, args.chatbot)


def _add_insights(commands: Any) -> None:
    insights = commands.add_parser("insights", help="care for figures").add_subparsers(dest="action", required=True)
    rebuild = insights.add_parser("rebuild", help="count again what chatbots were asked, from the chats that are there")
    rebuild.add_argument("--chatbot", metavar="UUID", help="of one chatbot alone")
    rebuild.set_defaults(run=_rebuild_insights)


def _add_serving(commands: Any) -> None:
    serve = commands.add_parser("serve", help="run everything on this machine: web, worker, scheduler, embedded Redis")
    serve.add_argument("--host", help="address to listen on (HOST)")
    serve.add_argument("--port", type=int, help="port of the web server (PORT)")
    serve.add_argument("--no-demo", action="store_true", help="without the demo customer and its website")
    serve.set_defaults(run=_serve)
    init = commands.add_parser("init", help="make the database, the superadmin and the plans, or bring them up to date")
    init.add_argument("--demo", action="store_true", help="add the demo customer too, as `serve` does")
    init.set_defaults(run=_init)
    for name, words in (
        ("worker", "run a worker: reads sources, publishes generations"),
        ("scheduler", "run the periodic jobs"),
        ("web", "run the web server alone"),
        ("demo-site", "serve the demo customer's website"),
    ):
        commands.add_parser(name, help=words).set_defaults(run=_process)


def _add_questions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("chatbot", metavar="CHATBOT_UUID")
    parser.add_argument("question", nargs="?")
    parser.add_argument("--questions", metavar="FILE.jsonl", help='one {"id", "question"} per line, answered in one go')
    parser.add_argument("--json", action="store_true", help="JSON alone on stdout")


def _add_knowledge(commands: Any) -> None:
    chatbot = commands.add_parser("chatbot", help="manage chatbots").add_subparsers(dest="action", required=True)
    create = chatbot.add_parser("create", help="make a chatbot and print its uuid")
    create.add_argument("name")
    create.add_argument("--type", default="support", help="one of the 15 chatbot types")
    create.add_argument("--workspace", type=int, metavar="ID", help="default: Main of the installation's own service")
    create.set_defaults(run=_create_chatbot)
    move = chatbot.add_parser("move-index", help="let another engine keep a chatbot's vectors, while it answers")
    move.add_argument("chatbot", metavar="CHATBOT_UUID")
    move.add_argument("--to", required=True, choices=("faiss", "pgvector"), help="FAISS in memory, or PostgreSQL")
    move.set_defaults(run=_move_index)
    train = commands.add_parser("train", help="read files, folders and addresses, and publish")
    train.add_argument("chatbot", metavar="CHATBOT_UUID")
    train.add_argument("source", nargs="+", metavar="PATH_OR_URL")
    train.add_argument("--json", action="store_true", help="JSON alone on stdout")
    train.set_defaults(run=_train)
    _add_crawl(commands)
    extract = commands.add_parser("extract", help="show what the loaders see in files, without a database")
    extract.add_argument("path", nargs="+")
    extract.add_argument("--json", action="store_true", help="JSON alone on stdout")
    extract.add_argument("--ocr", action="store_true", help="read scanned pages too (needs Tesseract)")
    extract.set_defaults(run=_extract)


def _add_crawl(commands: Any) -> None:
    crawl = commands.add_parser("crawl", help="read a whole website, or read it again, and publish")
    crawl.add_argument("chatbot", metavar="CHATBOT_UUID")
    crawl.add_argument("start", metavar="START_URL", help="where the website begins, or its sitemap")
    crawl.add_argument("--max-pages", type=int, metavar="N", help="take so many pages at most")
    path = "path as in robots.txt: /docs/ and all below, * for anything, $ for the end; may be given several times"
    crawl.add_argument("--include", action="append", default=[], metavar="P", help=f"take these alone ({path})")
    crawl.add_argument("--exclude", action="append", default=[], metavar="P", help="leave these out")
    crawl.add_argument("--preview", action="store_true", help="show what would be taken, and take nothing")
    crawl.add_argument("--yes", action="store_true", help="also if it removes more than 30 %% of the pages")
    crawl.add_argument("--json", action="store_true", help="JSON alone on stdout")
    crawl.set_defaults(run=_crawl)


def _add_asking(commands: Any) -> None:
    ask = commands.add_parser("ask", help="ask a chatbot")
    _add_questions(ask)
    ask.add_argument("--record", action="store_true", help="write the question and its answer into the history")
    ask.set_defaults(run=_ask)
    search = commands.add_parser("search", help="show which chunks a question finds")
    _add_questions(search)
    search.add_argument("--k", type=int, default=10, help="how many hits")
    search.set_defaults(run=_search)
    evaluate = commands.add_parser(
        "evaluate", help="measure hits, answers and refusals on questions with known answers"
    )
    evaluate.add_argument("chatbot", metavar="CHATBOT_UUID")
    shape = 'one {"question", "answers", "doc_id", "answerable"} per line'
    evaluate.add_argument("--questions", metavar="FILE.jsonl", required=True, help=shape)
    evaluate.add_argument("--json", action="store_true", help="JSON alone on stdout")
    evaluate.set_defaults(run=_evaluate)


def _add_history(commands: Any) -> None:
    arriving = commands.add_parser("import", help="put a service that was exported elsewhere into this installation")
    arriving.add_argument("file", metavar="FILE.zip")
    arriving.add_argument("--holder", metavar="EMAIL", help="who holds it here (default: who held it there)")
    arriving.add_argument("--plan", metavar="NAME", help="what it gets here (default: what it had there)")
    arriving.set_defaults(run=_import_service)
    history = commands.add_parser("history", help="visitors' chats").add_subparsers(dest="action", required=True)
    export = history.add_parser("export", help="write a service's chats to stdout")
    export.add_argument("service", type=int, metavar="SERVICE_ID")
    export.add_argument("--chatbot", metavar="UUID", help="those of one chatbot alone")
    export.add_argument("--since", metavar="ISO", help="those that began since a day or moment (UTC unless it says)")
    export.add_argument("--per", choices=("message", "session"), default="message", help="what a row is")
    export.add_argument("--format", choices=("csv", "jsonl", "xlsx"), default="csv")
    export.set_defaults(run=_export_history)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; docs/operations.md describes each."""
    parser = _Parser(
        prog="run.py",
        description="Docent: chatbots that answer from your documents.",
        epilog="`run.py COMMAND --help` explains a command. Settings are environment variables: docs/operations.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serving(commands)
    caring.add_to(commands)
    _add_knowledge(commands)
    _add_asking(commands)
    _add_insights(commands)
    _add_history(commands)
    return parser


def _settings_of(args: argparse.Namespace) -> dict[str, str]:
    """Return the environment with what was said on the command line: children inherit it."""
    for name in ("host", "port"):
        if getattr(args, name, None) is not None:
            os.environ[name.upper()] = str(getattr(args, name))
    return dict(os.environ)


def _prepare_streams() -> None:
    """Print UTF-8 wherever this runs; what a file's name holds that is no text is printed as JSON would write it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _drop_output() -> None:
    """Forget what nobody takes any more, so that the interpreter does not complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: list[str], read_config: Callable[[dict[str, str]], Config]) -> int:
    try:
        args = build_parser().parse_args(argv)
        config = read_config(_settings_of(args))
        logs.start(config.log_level, config.log_format, args.command)
        return int(args.run(config, args))
    finally:
        sys.stdout.flush()


def run_command(argv: list[str], read_config: Callable[[dict[str, str]], Config]) -> int:
    """Run a command and return its exit code: 0 done, 1 something failed, 2 it could not begin or go on."""
    os.umask(0o077)  # what is generated holds customers' documents
    _prepare_streams()
    try:
        return _run(argv, read_config)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # whoever reads has seen enough: `| head`
        _drop_output()
        return 128 + signal.SIGPIPE
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        say(f"docent: {sentence}", file=sys.stderr)
        return 2
