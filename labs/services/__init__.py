"""What a node of a lab can offer to others: pages (http), the same files (ftp), names (dns).

Each is a program of its own that runs in the node, on the port where it is expected.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

HTTP_PORT = 80
FTP_PORT = 21
DNS_PORT = 53

DOMAIN = "lab.example"  # files.lab.example is what `dns` calls the node `files`


def furnish(directory: Path, node: str, names: Mapping[str, str]) -> None:
    """Write what a node's services have to tell, below `directory`."""
    pages = _pages(directory, node)
    pages.mkdir(parents=True)
    (pages / "index.html").write_text(
        f"<!doctype html><title>{node}</title>\n<p>You have reached {node}.</p>\n",
        encoding="utf-8",
    )
    _names(directory, node).write_text(
        "".join(f"{address}\t{name}.{DOMAIN}\n" for name, address in names.items()),
        encoding="utf-8",
    )


def argv(service: str, directory: Path, node: str) -> list[str]:
    """The command that runs a service of a node; its environment must find this package."""
    pages = str(_pages(directory, node))
    match service:
        case "http":
            words = ["http.server", str(HTTP_PORT), "--directory", pages]
        case "ftp":
            words = ["labs.services.ftp", str(FTP_PORT), pages]
        case "dns":
            words = ["labs.services.dns", str(DNS_PORT), str(_names(directory, node)), DOMAIN]
        case _:
            raise ValueError(f"no service {service}")
    return [sys.executable, "-um", *words]


def _pages(directory: Path, node: str) -> Path:
    return directory / "www" / node


def _names(directory: Path, node: str) -> Path:
    return directory / "www" / f"{node}.hosts"
